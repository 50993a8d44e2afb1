import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Env } from '../../../core/kernel/contract.ts';
import { readProviderKey } from '../../../lambdas/shared/platform/provider-keys.ts';
import { runtimeSettingsOf, type StageConfig } from '../../../lib/stage-config.ts';
import { installCloud, openCloud } from './cloud.ts';
import { simulatedContext } from './context.ts';
import { closeFilms, installFilm } from './film.ts';
import { installLogs } from './logs.ts';
import { buckets, secretOf, TABLE, WORKFLOW } from './names.ts';
import { installNetwork } from './network.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { installVirtualTime } from './virtual-time.ts';

/** Lets the functions run in this process as if deployed. Returns the undo. */
export const installEnvironment = (config: StageConfig): (() => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-proof-'));
  const settingsFile = join(folder, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify(runtimeSettingsOf(config)));
  const before = { ...process.env };
  const secrets = Object.fromEntries(Object.keys(config.providers).map((id) => [id, secretOf(id)]));
  Object.assign(process.env, {
    [Env.jobTable]: TABLE,
    [Env.jobWorkflow]: WORKFLOW,
    [Env.inboxBucket]: buckets.inbox,
    [Env.frameBucket]: buckets.frames,
    [Env.videoBucket]: buckets.videos,
    [Env.eventBus]: 'proof-bus',
    [Env.eventDeadLetters]: 'proof-dead-letters',
    [Env.frameReaderRole]: 'arn:aws:iam::111122223333:role/frame-reader',
    [Env.providerSecrets]: JSON.stringify(secrets),
    [Env.settingsFile]: settingsFile,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'proof',
    AWS_SECRET_ACCESS_KEY: 'proof-secret-access-key',
  });
  installLogs();
  const undo = [installVirtualTime(), installNetwork(), installCloud(), installFilm()];
  return async () => {
    for (const each of undo) each();
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await closeFilms();
    rmSync(folder, { recursive: true, force: true });
  };
};

/**
 * A cold function has no cached key. Here one process runs every function, so before each run the keys are read once in a
 * distant past, which makes the cached keys too old to use.
 */
export const forgetKeys = async (providers: readonly string[]): Promise<void> => {
  const scheduler = new Scheduler(Date.parse('2020-01-01T00:00:00Z'), new Random('forget'));
  openCloud(scheduler, {
    send: async () => ({ SecretString: 'forgotten' }),
    failure: () => new Error('never'),
  });
  await simulatedContext.run({ scheduler }, async () => {
    for (const provider of providers) await readProviderKey(provider, { fresh: true });
  });
};
