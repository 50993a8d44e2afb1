import type * as z from 'zod';
import type { ApiAuth } from '../core/api/settings.ts';
import { AdminName, ANYBODY } from '../core/kernel/identity.ts';
import type { RuntimeSettings } from '../core/settings.ts';

/** What owners are called where callers show themselves this way. */
const OWNERS: Readonly<Record<ApiAuth['type'], { readonly names: RegExp; readonly example: string }>> = {
  iam: { names: /^\d{12}:/, example: 'an IAM role or user such as 111122223333:OnCall' },
  jwt: { names: /^jwt:/, example: 'the owner of a token such as jwt:ann' },
  'api-key': { names: /^key:/, example: 'the owner of an API key such as key:ops' },
  none: { names: new RegExp(`^${ANYBODY}$`), example: `"${ANYBODY}"` },
};

/** What of a stage's `api` cannot be deployed where the stage goes. */
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
      'iam, jwt or api-key: an API that anybody may call spends your money, so "none" is for the local cloud only',
    );
  if (auth.type === 'jwt' && !localCloud && auth.issuer.startsWith('http:'))
    refuse(['api', 'auth', 'issuer'], auth.issuer, 'an https address: API Gateway reads the keys from there');
  // A name of another kind would never match anybody: an admin who silently is none.
  const { names, example } = OWNERS[auth.type];
  for (const [index, admin] of admins.entries())
    if (AdminName.safeParse(admin).success && !names.test(admin))
      refuse(['admins', index], admin, `${example}, as "api.auth" is "${auth.type}"`);
};
