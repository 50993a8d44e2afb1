import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import { KeyBearer } from '../../core/api/api-key.ts';
import type { Access } from '../../core/api/route.ts';
import type { ApiAuth } from '../../core/api/settings.ts';
import { ANYBODY, oldNameOf, ownerOfArn, ownerOfClaim } from '../../core/kernel/identity.ts';
import { ApiProblem } from '../shared/platform/problem-response.ts';
import { settings } from '../shared/platform/settings.ts';

/** Who calls. An owner sees their own things alone, another owner's are answered like things that do not exist; an admin sees all. */
export interface Caller {
  readonly owner: string;
  readonly isAdmin: boolean;
}

/** Whether the caller may see and operate a thing. */
export const mayOperate = ({ owner, isAdmin }: Caller, thing: { readonly owner: string }): boolean =>
  isAdmin || namesOwner(thing.owner, owner);

/** Whether a name, perhaps one from before 0.2, is the owner's. */
export const namesOwner = (name: string, owner: string): boolean =>
  name === owner || name === oldNameOf(owner);

const nobody: Caller = { owner: '', isAdmin: false };

/** The context that API Gateway adds once it has checked the caller's signature, token or key. */
const IamContext = z.object({ authorizer: z.object({ iam: z.object({ userArn: z.string() }) }) });
const JwtContext = z.object({
  authorizer: z.object({ jwt: z.object({ claims: z.record(z.string(), z.unknown()) }) }),
});
const KeyContext = z.object({ authorizer: z.object({ lambda: KeyBearer }) });

/**
 * The caller of a request that API Gateway let through, if the route is for them. All owners share the providers, so those
 * routes are for admins. @throws ApiProblem
 */
export const callerOf = ({ requestContext }: APIGatewayProxyEventV2, access: Access): Caller => {
  if (typeof access === 'object') return nobody;
  const { api, admins } = settings();
  const owner = ownerOf(requestContext, api.auth);
  const isAdmin = admins.includes(owner);
  if (access === 'admin' && !isAdmin)
    throw new ApiProblem(403, 'FORBIDDEN', `${owner} is not an admin of this stage.`);
  return { owner, isAdmin };
};

const ownerOf = (context: unknown, auth: ApiAuth): string => {
  switch (auth.type) {
    case 'iam': {
      const { data } = IamContext.safeParse(context);
      return known(
        data && ownerOfArn(data.authorizer.iam.userArn),
        'The request is signed neither by an assumed role nor by an IAM user: startframe takes no other identity.',
      );
    }
    case 'jwt': {
      const { data } = JwtContext.safeParse(context);
      const claim = data?.authorizer.jwt.claims[auth.ownerClaim];
      return known(
        typeof claim === 'string' ? ownerOfClaim(claim) : undefined,
        `The token names no owner in its claim "${auth.ownerClaim}".`,
      );
    }
    case 'api-key':
      return known(
        KeyContext.safeParse(context).data?.authorizer.lambda.owner,
        'The request has no API key.',
      );
    case 'none':
      return ANYBODY;
  }
};

const known = (owner: string | undefined, otherwise: string): string => {
  if (owner === undefined) throw new ApiProblem(403, 'FORBIDDEN', otherwise);
  return owner;
};
