import { Env } from '../../../core/kernel/contract.ts';
import { derivedKey } from '../../../core/webhooks/signature.ts';
import { environment } from './environment.ts';
import { readSecret, SECRET_CACHE_MS } from './secret.ts';

let cached: { readonly secrets: readonly string[]; readonly readAt: number } | undefined;

/** The stage's secret, and the one before, so that receivers with the old key can still verify. Cached for five minutes. */
const readSecrets = async (): Promise<readonly string[]> => {
  if (cached && Date.now() - cached.readAt < SECRET_CACHE_MS) return cached.secrets;
  const arn = environment(Env.webhookSecret);
  const versions = await Promise.all([readSecret(arn), readSecret(arn, { VersionStage: 'AWSPREVIOUS' })]);
  // A secret that was never rotated has no previous version.
  const secrets = versions.filter((secret) => secret !== '');
  if (secrets.length === 0) throw new Error('The secret of the webhooks is empty. Put a value into it.');
  cached = { secrets, readAt: Date.now() };
  return secrets;
};

/**
 * The keys that a receiver checks with, the present one first.
 * @param whose an owner; the stage's own webhook without one
 */
export const webhookKeys = async (whose?: string): Promise<Uint8Array[]> =>
  (await readSecrets()).map((secret) => derivedKey(secret, whose));
