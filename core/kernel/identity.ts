import * as z from 'zod';

/*
 * What an owner is called. A name says how its bearer was recognised, so that nobody becomes somebody else by another way in:
 * `111122223333:Shop` (IAM), `jwt:auth0|5f7c` (a token's claim), `key:shop` (an API key), `anybody` (no check), `drop` (the inbox).
 */

/** Who calls where nobody is asked: on the local cloud only. */
export const ANYBODY = 'anybody';

/** What an API key's owner may be called. */
export const KeyOwner = z.string().regex(/^[\w.@-]{1,64}$/, 'letters, digits, _, ., @ and -, at most 64');

export const AdminName = z
  .string()
  .regex(/^(\d{12}:.+|jwt:.+|key:.+|anybody)$/, 'an owner such as 111122223333:OnCall, jwt:ann or key:ops');

/**
 * Who an IAM caller is to us: account and role (or user) name, without the session, so that every instance of a service is
 * one owner. `arn:aws:sts::111122223333:assumed-role/Shop/i-0abc` → `111122223333:Shop`.
 */
export const ownerOfArn = (arn: string): string | undefined => {
  const [, , , , account = '', ...rest] = arn.split(':');
  const [kind, ...path] = rest.join(':').split('/');
  if (!/^\d{12}$/.test(account)) return undefined;
  if (kind === 'root') return `${account}:root`;
  // A role's path is not part of an assumed role's ARN; a user's is, and the name comes last.
  const name = kind === 'assumed-role' ? path[0] : path.at(-1);
  return name ? `${account}:${name}` : undefined;
};

const MOST_NAME_CHARACTERS = 256;

/**
 * Who the bearer of a token is to us: `auth0|5f7c` → `jwt:auth0|5f7c`. What could mean something in a key of the table or of a
 * bucket (`#`, `/`, a space) is percent-encoded, so that two claims are never one owner.
 */
export const ownerOfClaim = (claim: string): string | undefined => {
  if (!claim.isWellFormed()) return undefined;
  const name = claim.replaceAll(/[^\w.@|:+=,~-]/gu, encodeURIComponent);
  return name === '' || name.length > MOST_NAME_CHARACTERS ? undefined : `jwt:${name}`;
};

/** Who the bearer of an API key is to us: `shop` → `key:shop`. */
export const ownerOfKey = (name: string): string => `key:${name}`;
