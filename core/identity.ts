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
