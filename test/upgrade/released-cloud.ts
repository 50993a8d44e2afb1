import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { reachableOutputs } from '../../cli/local-stack.ts';
import { connect, localAccess, localEndpoint } from '../../local/cloud-access.ts';
import { cloudFolder } from '../../local/cloud-folder.ts';
import { ensureCloudSecrets } from '../../local/cloud-secrets.ts';
import { bootstrap, type DeployTarget, deploy, findAccount } from '../../local/deployment.ts';
import type { Endings } from '../../local/endings.ts';
import { simulatedGateway } from '../../local/gateway-choice.ts';
import { startMiniStack } from '../../local/ministack.ts';
import { providerSecretArns } from '../../local/outputs.ts';
import { ensurePythonEnvironment } from '../../local/python-environment.ts';
import { JoinedCloud } from '../support/clouds/joined-cloud.ts';
import { readRelease } from '../support/releases.ts';

export interface ReleasedCloudOptions {
  readonly release: string;
  readonly port: number;
  readonly baseFolder: string;
  readonly waitScale: number;
  /** Settings of every provider, as `startLocalCloud` has them. */
  readonly providerSettings: Readonly<Record<string, unknown>>;
  readonly endings: Endings;
}

const Settings = z.looseObject({ providers: z.record(z.string(), z.looseObject({})) });

/** Writes the assembly of a release into a folder, with other settings for its providers. */
const writeAssembly = (
  release: string,
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): void => {
  for (const [name, text] of Object.entries(readRelease(release))) {
    if (!name.startsWith('local/')) continue;
    const file = join(folder, name.slice('local/'.length));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, name.endsWith('/settings.json') ? withSettings(text, settings) : text);
  }
  // The CDK reads it, and the fixture goes without: where each resource was made in the code.
  writeFileSync(join(folder, 'startframe-local.metadata.json'), '{}');
};

const withSettings = (text: string, settings: Readonly<Record<string, unknown>>): string => {
  const stage = Settings.parse(JSON.parse(text));
  const providers = Object.entries(stage.providers).map(([id, provider]) => [
    id,
    { ...provider, ...settings },
  ]);
  return JSON.stringify({ ...stage, providers: Object.fromEntries(providers) });
};

/**
 * A local cloud and a gateway with the local stage of an earlier release, by its own template and bundles. `startLocalCloud` with the
 * same port and folder then finds both running, and deploys the present stage over it.
 */
export const startReleasedCloud = async (options: ReleasedCloudOptions): Promise<JoinedCloud> => {
  const { release, port, baseFolder, waitScale, endings } = options;
  const folder = cloudFolder(baseFolder, localEndpoint(port), false);
  mkdirSync(folder.path, { recursive: true });
  const secrets = await ensureCloudSecrets(folder.path);
  const access = localAccess(port, secrets);
  const python = await ensurePythonEnvironment({ onProgress: () => undefined });
  const chosen = await simulatedGateway(folder.path, port, { seconds: 1 });
  const gateway = await chosen.start?.(python.ffmpeg());
  endings.add(async () => gateway?.close());
  await startMiniStack(python.python, { port, folder: folder.path, waitScale, secrets }, endings);
  const clients = connect(access);
  endings.add(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  const account = await findAccount(clients);
  const target: DeployTarget = { access, clients, endings, folder: folder.path, account };
  await bootstrap(target);
  const assembly = join(folder.path, `cdk.out-${release}`);
  writeAssembly(release, assembly, {
    ...options.providerSettings,
    submitBaseUrl: chosen.url,
    pollBaseUrl: chosen.url,
  });
  const outputs = await deploy(target, { folder: assembly, inputs: release }, chosen.url);
  for (const SecretId of providerSecretArns(outputs))
    await clients.secrets.send(new PutSecretValueCommand({ SecretId, SecretString: chosen.key }));
  return JoinedCloud.parse({
    access,
    outputs: reachableOutputs(access, outputs),
    outputsFile: folder.outputsFile,
    gatewayUrl: chosen.url,
    gatewayKey: chosen.key,
    frameOrigin: '',
    roles: {},
  });
};
