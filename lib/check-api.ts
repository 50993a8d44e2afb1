import type * as z from 'zod';
import type { ApiAuth } from '../core/api/settings.ts';
import { AdminName, ANYBODY } from '../core/kernel/identity.ts';
import type { RuntimeSettings } from '../core/settings.ts';

/** The names of owners for each kind of authentication. */
export const OWNERS: Readonly<Record<ApiAuth['type'], { readonly names: RegExp; readonly example: string }>> =
  {
    iam: { names: /^\d{12}:/, example: 'an IAM role or user such as 111122223333:role/OnCall' },
    jwt: { names: /^jwt:/, example: 'the owner of a token such as jwt:ann' },
    'api-key': { names: /^key:/, example: 'the owner of an API key such as key:ops' },
    none: { names: new RegExp(`^${ANYBODY}$`), example: `"${ANYBODY}"` },
  };

/** OpenID Connect Discovery 1.0, section 4.1: the document's path is appended to the issuer. */
const isIssuer = (issuer: string): boolean => {
  const { protocol, username, password } = new URL(issuer);
  return protocol === 'https:' && !/[?#]/.test(issuer) && username === '' && password === '';
};

/** Adds an issue for each part of a stage's `api` that cannot be deployed. */
export const checkApi = (
  { api: { auth }, admins }: Pick<RuntimeSettings, 'api' | 'admins'>,
  localCloud: boolean,
  context: z.RefinementCtx,
): void => {
  const refuse = (path: (string | number)[], input: unknown, message: string): void => {
    context.addIssue({ code: 'custom', path, input, message });
  };
  if (auth.type === 'none' && !localCloud)
    refuse(
      ['api', 'auth', 'type'],
      'none',
      'iam, jwt or api-key: with "none" anybody spends your money, so it is for the local cloud only',
    );
  if (auth.type === 'jwt' && !localCloud && !isIssuer(auth.issuer))
    refuse(
      ['api', 'auth', 'issuer'],
      auth.issuer,
      'an https address without query, fragment or user: API Gateway reads <issuer>/.well-known/openid-configuration',
    );
  // A name of another kind matches nobody: the stage would have an admin less than it says.
  const { names, example } = OWNERS[auth.type];
  for (const [index, admin] of admins.entries())
    if (AdminName.safeParse(admin).success && !names.test(admin))
      refuse(['admins', index], admin, `${example}, as "api.auth" is "${auth.type}"`);
};
