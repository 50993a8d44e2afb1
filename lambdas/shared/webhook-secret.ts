import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { Env } from '../../core/contract.ts';
import { derivedKey } from '../../core/webhook-signature.ts';
import { environment } from './environment.ts';

const CACHE_MS = 5 * 60_000;

let client: SecretsManagerClient | undefined;
let cached: { readonly secrets: readonly string[]; readonly readAt: number } | undefined;

const readVersion = async (VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<string[]> => {
  client ??= new SecretsManagerClient({});
  try {
    const { SecretString = '' } = await client.send(
      new GetSecretValueCommand({ SecretId: environment(Env.webhookSecret), VersionStage }),
    );
    return SecretString.trim() === '' ? [] : [SecretString.trim()];
  } catch (error) {
    // Never changed so far: there is none before.
    if (VersionStage === 'AWSPREVIOUS' && error instanceof ResourceNotFoundException) return [];
    throw error;
  }
};

/** The stage's secret, and the one before: whoever has not heard of the new one yet can still check. Cached for five minutes. */
const readSecrets = async (): Promise<readonly string[]> => {
  if (cached && Date.now() - cached.readAt < CACHE_MS) return cached.secrets;
  const secrets = (await Promise.all([readVersion('AWSCURRENT'), readVersion('AWSPREVIOUS')])).flat();
  if (secrets.length === 0) throw new Error('The secret of the webhooks is empty.');
  cached = { secrets, readAt: Date.now() };
  return secrets;
};

/**
 * The keys that a receiver checks with, the present one first.
 * @param whose an owner; the stage's own webhook without one
 */
export const webhookKeys = async (whose?: string): Promise<Uint8Array[]> =>
  (await readSecrets()).map((secret) => derivedKey(secret, whose));
