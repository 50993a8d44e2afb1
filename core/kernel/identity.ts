import * as z from 'zod';

/*
 * Names of owners. A name says how its owner was authenticated, so that no kind of authentication can produce another's owner:
 * `111122223333:role/Shop` and `111122223333:user/team/Ann` (IAM), `jwt:auth0|5f7c` (a token's claim), `key:shop` (an API key),
 * `anybody` (no check), `drop` (the inbox).
 */

/** The owner of calls without authentication: on the local cloud only. */
export const ANYBODY = 'anybody';

/** The name of an API key's owner. */
export const KeyOwner = z.string().regex(/^[\w.@-]{1,64}$/, 'letters, digits, _, ., @ and -, at most 64');

// IAM's own limits (IAM User Guide, "IAM and AWS STS quotas, name requirements, and character limits").
const NAME = '[\\w+=,.@-]{1,64}';
const PATH = '[!-~]{1,510}';

/** The account of the local cloud. AWS gives no account this number. */
const LOCAL_ACCOUNT = '000000000000';

const OLD_IAM_NAME = new RegExp(String.raw`^(\d{12}):(?!role/|user/)(${NAME})$`);
const OWNER_FORMS = new RegExp(
  String.raw`^(\d{12}:role/${NAME}|\d{12}:user/${PATH}|${LOCAL_ACCOUNT}:root|jwt:.+|key:.+|anybody)$`,
);

/** Why a text names no owner, with the present form of a name from before 0.2; undefined where it names one. */
const problemOfName = (name: string): string | undefined => {
  if (OWNER_FORMS.test(name)) return undefined;
  const [, account, old] = OLD_IAM_NAME.exec(name) ?? [];
  return account === undefined
    ? 'an owner such as 111122223333:role/OnCall, 111122223333:user/Ann, jwt:ann or key:ops'
    : `a name that tells roles and users apart: ${account}:role/${old}, or ${account}:user/${old}`;
};

const refuseOldNames = (name: string, context: z.RefinementCtx): void => {
  const message = problemOfName(name);
  if (message !== undefined) context.addIssue({ code: 'custom', input: name, message });
};

/** The name of an owner who may be an admin. */
export const AdminName = z.string().max(600).superRefine(refuseOldNames);

/** The name of any owner: `drop` and other free names of the owner of drops as well, but no IAM name from before 0.2. */
export const OwnerName = z
  .string()
  .min(1)
  .max(600)
  .superRefine((name, context) => {
    if (/^\d{12}:/.test(name)) refuseOldNames(name, context);
  });

const IAM_ARN = /^arn:aws(?:-[a-z]+)*:(iam|sts)::(\d{12}):(.+)$/;
const ASSUMED_ROLE = new RegExp(String.raw`^assumed-role/(${NAME})/[\w+=,.@-]{2,64}$`);
const USER = new RegExp(`^user/(${PATH})$`);

/** What could mean something in a key of the table is percent-encoded, so that two names are never one owner. */
const encoded = (name: string): string => name.replaceAll(/[^\w.@|:+=,~/-]/gu, encodeURIComponent);

/**
 * The owner of an IAM caller: account, kind and name, without the session, so that every instance of a service is one owner.
 * `arn:aws:sts::111122223333:assumed-role/Shop/i-0abc` → `111122223333:role/Shop`,
 * `arn:aws:iam::111122223333:user/team/Ann` → `111122223333:user/team/Ann`.
 *
 * Undefined for every other principal. Whoever calls `sts:GetFederationToken` chooses the name in `federated-user/NAME`, and a
 * role's or user's name must never be chosen by its bearer. The root user is one on the local cloud alone.
 */
export const ownerOfArn = (arn: string): string | undefined => {
  const [, service, account = '', resource = ''] = IAM_ARN.exec(arn) ?? [];
  if (service === 'sts') {
    const role = ASSUMED_ROLE.exec(resource)?.[1];
    return role && `${account}:role/${role}`;
  }
  if (resource === 'root') return account === LOCAL_ACCOUNT ? `${account}:root` : undefined;
  const user = USER.exec(resource)?.[1];
  return user && `${account}:user/${encoded(user)}`;
};

/**
 * What an owner was called before 0.2, where that name can only have been theirs: `111122223333:role/Shop` →
 * `111122223333:Shop`. A user has none: the old name of a user was that of a role as well.
 */
export const oldNameOf = (owner: string): string | undefined => {
  const [, account, role] = /^(\d{12}):role\/(.+)$/.exec(owner) ?? [];
  return role && `${account}:${role}`;
};

const MOST_NAME_CHARACTERS = 256;

/**
 * The owner of a token: `auth0|5f7c` → `jwt:auth0|5f7c`. Characters with a meaning in keys of the table or of a bucket (`#`, `/`, a
 * space) are percent-encoded, so that two claims are never one owner.
 */
export const ownerOfClaim = (claim: string): string | undefined => {
  if (!claim.isWellFormed()) return undefined;
  const name = encoded(claim).replaceAll('/', '%2F');
  return name === '' || name.length > MOST_NAME_CHARACTERS ? undefined : `jwt:${name}`;
};

/** The owner of an API key: `shop` → `key:shop`. */
export const ownerOfKey = (name: string): string => `key:${name}`;
