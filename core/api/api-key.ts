import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';

/*
 * Keys of the HTTP API: `sf_<id>_<secret>`. The id finds the record, which holds the SHA-256 of the secret. The secret is 32 random
 * bytes: unlike a password's, its hash can be fast, because 2^256 secrets cannot be tried.
 */

export const ApiKey = z.object({
  keyId: z.string(),
  /** The name behind `key:`. */
  owner: z.string(),
  secretHash: z.string(),
  createdAt: z.iso.datetime(),
  /** Refused from then on. */
  validUntil: z.iso.datetime().exactOptional(),
  revokedAt: z.iso.datetime().exactOptional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** What the authorizer passes on about a key: for the API function and the access log, without a secret. */
export const KeyBearer = z.object({ owner: z.string().startsWith('key:'), keyId: z.string() });
export type KeyBearer = z.infer<typeof KeyBearer>;

const ID_BYTES = 8;
const SECRET_BYTES = 32;

/** @param random so many random bytes */
export const newKey = (
  owner: string,
  now: string,
  validUntil: string | undefined,
  random: (bytes: number) => Buffer,
): { readonly key: string; readonly record: ApiKey } => {
  const keyId = random(ID_BYTES).toString('hex');
  const secret = random(SECRET_BYTES).toString('base64url');
  return {
    key: `sf_${keyId}_${secret}`,
    record: {
      keyId,
      owner,
      secretHash: hashOf(secret).toString('hex'),
      createdAt: now,
      ...(validUntil === undefined ? {} : { validUntil }),
    },
  };
};

export interface SentKey {
  readonly keyId: string;
  readonly secret: string;
}

/** The key in a header, with or without `Bearer`; nothing for a text that is no key of ours. */
export const readKey = (header: string): SentKey | undefined => {
  const [, keyId, secret] = /^(?:Bearer +)?sf_([0-9a-f]{16})_([\w-]{43})$/i.exec(header.trim()) ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId: keyId.toLowerCase(), secret };
};

/** Why a key is refused; nothing for a valid one. The secrets are compared in constant time. */
export const refusalOf = (
  { secret }: SentKey,
  record: ApiKey | undefined,
  now: string,
): 'unknown' | 'revoked' | 'expired' | undefined => {
  if (!record || !timingSafeEqual(hashOf(secret), Buffer.from(record.secretHash, 'hex'))) return 'unknown';
  if (record.revokedAt !== undefined) return 'revoked';
  return record.validUntil !== undefined && record.validUntil <= now ? 'expired' : undefined;
};

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
