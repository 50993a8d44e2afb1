import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { Env } from '../../core/contract.ts';
import { ProviderError } from '../../core/errors.ts';
import { environment } from './environment.ts';

const CACHE_MS = 5 * 60_000;

let client: SecretsManagerClient | undefined;
const cache = new Map<string, { key: string; readAt: number }>();

const secretOf = (provider: string): string => {
  const arns = z.record(z.string(), z.string()).parse(JSON.parse(environment(Env.providerSecrets)));
  const arn = arns[provider];
  if (!arn) throw new Error(`Provider "${provider}" has no secret in this stage.`);
  return arn;
};

const keyMissing = (provider: string, options?: ErrorOptions): ProviderError =>
  new ProviderError(
    'ProviderKeyMissing',
    `The secret of provider "${provider}" holds no key.`,
    { retryable: false, charged: 'no' },
    options,
  );

/**
 * A provider's key from its secret, cached for five minutes; `fresh` reads it again. Throws `ProviderKeyMissing` when the
 * secret is there but was never filled.
 */
export const readProviderKey = async (provider: string, { fresh = false } = {}): Promise<string> => {
  const cached = cache.get(provider);
  if (cached && !fresh && Date.now() - cached.readAt < CACHE_MS) return cached.key;
  client ??= new SecretsManagerClient({});
  const key = await readSecret(client, provider);
  cache.set(provider, { key, readAt: Date.now() });
  return key;
};

const readSecret = async (secrets: SecretsManagerClient, provider: string): Promise<string> => {
  try {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretOf(provider) }));
    const key = SecretString?.trim();
    if (!key) throw keyMissing(provider);
    return key;
  } catch (error) {
    // A secret without any version is answered like one that does not exist.
    if (error instanceof ResourceNotFoundException) throw keyMissing(provider, { cause: error });
    throw error;
  }
};
