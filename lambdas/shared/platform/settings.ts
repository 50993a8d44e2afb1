import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Env } from '../../../core/kernel/contract.ts';
import type { AddressPolicy } from '../../../core/providers/address-policy.ts';
import { type ProviderSettings, RuntimeSettings } from '../../../core/settings.ts';
import { environment } from './environment.ts';

let cached: RuntimeSettings | undefined;

/** The stage's runtime settings, read once from the file beside the bundle. */
export const settings = (): RuntimeSettings => {
  const file = resolve(process.env.LAMBDA_TASK_ROOT ?? '.', environment(Env.settingsFile));
  cached ??= RuntimeSettings.parse(JSON.parse(readFileSync(file, 'utf8')));
  return cached;
};

/** Where frames may be fetched from. */
export const frameAddresses = (): AddressPolicy => ({ privateOrigins: settings().privateFrameOrigins });

/** Settings of a job's provider. Throws when the provider was removed from the stage while the job is open. */
export const providerSettings = (provider: string | undefined): ProviderSettings => {
  const found = provider === undefined ? undefined : settings().providers[provider];
  if (!found)
    throw new Error(
      `Provider "${provider}" is not in this stage's settings any more. Put it back until its jobs have ended.`,
    );
  return found;
};
