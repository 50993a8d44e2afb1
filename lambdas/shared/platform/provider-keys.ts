import * as z from 'zod';
import { Env } from '../../../core/kernel/contract.ts';
import { ProviderError } from '../../../core/kernel/errors.ts';
import { environment } from './environment.ts';
import { readSecret, SECRET_CACHE_MS } from './secret.ts';

const cache = new Map<string, { key: string; readAt: number }>();

const secretOf = (provider: string): string => {
  const arns = z.record(z.string(), z.string()).parse(JSON.parse(environment(Env.providerSecrets)));
  const arn = arns[provider];
  if (!arn)
    throw new Error(
      `Provider "${provider}" has no secret in this stage. Deploy the stage again with this provider in its settings.`,
    );
  return arn;
};

const keyMissing = (provider: string): ProviderError =>
  new ProviderError('ProviderKeyMissing', `The secret of provider "${provider}" holds no key.`, {
    retryable: false,
    charged: 'no',
  });

/**
 * A provider's key from its secret, cached for five minutes; `fresh` reads it again. Throws `ProviderKeyMissing` when the
 * secret exists but is empty.
 */
export const readProviderKey = async (provider: string, { fresh = false } = {}): Promise<string> => {
  const cached = cache.get(provider);
  if (cached && !fresh && Date.now() - cached.readAt < SECRET_CACHE_MS) return cached.key;
  const key = await readSecret(secretOf(provider));
  if (key === '') throw keyMissing(provider);
  cache.set(provider, { key, readAt: Date.now() });
  return key;
};
