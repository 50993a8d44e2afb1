import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { Env } from '../../core/contract.ts';
import { keysOf } from '../../core/webhook-signature.ts';
import { environment } from './environment.ts';

const CACHE_MS = 5 * 60_000;

let client: SecretsManagerClient | undefined;
const cache = new Map<string, { readonly keys: readonly Uint8Array[]; readonly readAt: number }>();

/**
 * The keys that a provider signs its callbacks with: one, or two with a space between while it is changed. None while nobody
 * has put one there: then nothing is believed. Cached for five minutes.
 */
export const callbackKeys = async (provider: string): Promise<readonly Uint8Array[]> => {
  const cached = cache.get(provider);
  if (cached && Date.now() - cached.readAt < CACHE_MS) return cached.keys;
  const keys = keysOf(await readSecret(provider));
  cache.set(provider, { keys, readAt: Date.now() });
  return keys;
};

const readSecret = async (provider: string): Promise<string> => {
  const arns = z.record(z.string(), z.string()).parse(JSON.parse(environment(Env.callbackSecrets)));
  client ??= new SecretsManagerClient({});
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: arns[provider] }));
    return SecretString;
  } catch (error) {
    // A secret without any version is answered like one that does not exist.
    if (error instanceof ResourceNotFoundException) return '';
    throw error;
  }
};
