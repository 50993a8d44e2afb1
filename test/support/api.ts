import { batchRoutes } from '../../core/api/batch-routes.ts';
import { routeKeyOf } from '../../core/api/route.ts';
import { webhookRoutes } from '../../core/api/webhook-routes.ts';
import type { handler } from '../../lambdas/job-api.ts';

export type Api = (...request: Parameters<typeof handler>) => ReturnType<typeof handler>;

/** The API as the stack wires it: each route with its own function behind it. After `startAws` and `startWebhooks`. */
export const loadApi = async (): Promise<Api> => {
  const { handler: jobApi } = await import('../../lambdas/job-api.ts');
  const { handler: webhookApi } = await import('../../lambdas/webhook-api.ts');
  const { handler: batchApi } = await import('../../lambdas/batch-api.ts');
  const ofBatches = Object.values(batchRoutes).map(routeKeyOf);
  const ofWebhooks = Object.values(webhookRoutes).map(routeKeyOf);
  return (event, context) => {
    if (ofBatches.includes(event.routeKey)) return batchApi(event, context);
    return (ofWebhooks.includes(event.routeKey) ? webhookApi : jobApi)(event, context);
  };
};
