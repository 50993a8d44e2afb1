import * as z from 'zod';

/*
 * Names of owners. A name says how its owner was authenticated, so that no kind of authentication can produce another's owner:
 * `111122223333:Shop` (IAM), `jwt:auth0|5f7c` (a token's claim), `key:shop` (an API key), `anybody` (no check), `drop` (the inbox).
 */

/** The owner of calls without authentication: on the local cloud only. */
export const ANYBODY = 'anybody';

/** The name of an API key's owner. */
export const KeyOwner = z.string().regex(/^[\w.@-]{1,64}$/, 'letters, digits, _, ., @ and -, at most 64');

export const AdminName = z
  .string()
  .regex(/^(\d{12}:.+|jwt:.+|key:.+|anybody)$/, 'an owner such as 111122223333:OnCall, jwt:ann or key:ops');

/**
 * The owner of an IAM caller: account and role (or user) name, without the session, so that every instance of a service is
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
 * The owner of a token: `auth0|5f7c` → `jwt:auth0|5f7c`. Characters with a meaning in keys of the table or of a bucket (`#`, `/`, a
 * space) are percent-encoded, so that two claims are never one owner.
 */
export const ownerOfClaim = (claim: string): string | undefined => {
  if (!claim.isWellFormed()) return undefined;
  const name = claim.replaceAll(/[^\w.@|:+=,~-]/gu, encodeURIComponent);
  return name === '' || name.length > MOST_NAME_CHARACTERS ? undefined : `jwt:${name}`;
};

/** The owner of an API key: `shop` → `key:shop`. */
export const ownerOfKey = (name: string): string => `key:${name}`;
