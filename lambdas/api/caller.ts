import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import type { Access } from '../../core/api/route.ts';
import { ownerOfArn } from '../../core/identity.ts';
import { ApiProblem } from '../shared/api-answer.ts';
import { settings } from '../shared/settings.ts';

/** Who calls. Of somebody else's things an owner learns no more than of those that are not there; an admin sees all. */
export interface Caller {
  readonly owner: string;
  readonly isAdmin: boolean;
}

/** What API Gateway says of a caller whose signature it has checked. */
const IamContext = z.object({ authorizer: z.object({ iam: z.object({ userArn: z.string() }) }) });

const nobody: Caller = { owner: '', isAdmin: false };

/** The caller of a request that API Gateway let through, if the route is for them. Providers are everybody's, so they are for admins. */
export const callerOf = ({ requestContext }: APIGatewayProxyEventV2, access: Access): Caller => {
  if (typeof access === 'object') return nobody;
  const context = IamContext.safeParse(requestContext);
  const owner = context.success ? ownerOfArn(context.data.authorizer.iam.userArn) : undefined;
  if (owner === undefined)
    throw new ApiProblem(403, 'FORBIDDEN', 'The request is not signed by a known identity.');
  const isAdmin = settings().admins.includes(owner);
  if (access === 'admin' && !isAdmin)
    throw new ApiProblem(403, 'FORBIDDEN', `${owner} is none of this stage's admins.`);
  return { owner, isAdmin };
};
