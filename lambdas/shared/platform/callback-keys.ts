import * as z from 'zod';
import { Env } from '../../../core/kernel/contract.ts';
import { keysOf } from '../../../core/webhooks/signature.ts';
import { environment } from './environment.ts';
import { readSecret, SECRET_CACHE_MS } from './secret.ts';

const cache = new Map<string, { readonly keys: readonly Uint8Array[]; readonly readAt: number }>();

/**
 * The keys that a provider signs its callbacks with: one, or two with a space between during a rotation. With an empty secret
 * there are none, and no callback is accepted. Cached for five minutes.
 */
export const callbackKeys = async (provider: string): Promise<readonly Uint8Array[]> => {
  const cached = cache.get(provider);
  if (cached && Date.now() - cached.readAt < SECRET_CACHE_MS) return cached.keys;
  const keys = keysOf(await readSecret(secretOf(provider)));
  cache.set(provider, { keys, readAt: Date.now() });
  return keys;
};

const secretOf = (provider: string): string => {
  const arns = z.record(z.string(), z.string()).parse(JSON.parse(environment(Env.callbackSecrets)));
  const arn = arns[provider];
  if (!arn) throw new Error(`Provider "${provider}" has no secret for its callbacks in this stage.`);
  return arn;
};
