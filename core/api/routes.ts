import { apiRoutes } from './api-routes.ts';
import { batchRoutes } from './batch-routes.ts';
import { fileRoutes } from './file-routes.ts';
import { findRoutes } from './find-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { providerRoutes } from './provider-routes.ts';
import { uploadRoutes } from './upload-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** Every route of the HTTP API by its operation id. Its document, its stack and its function are made of this list. */
export const routes = {
  ...uploadRoutes,
  ...jobRoutes,
  ...findRoutes,
  ...fileRoutes,
  ...modelRoutes,
  ...webhookRoutes,
  ...batchRoutes,
  ...providerRoutes,
  ...apiRoutes,
};

export type OperationId = keyof typeof routes;

const isOperation = (id: string): id is OperationId => Object.hasOwn(routes, id);
export const operationIds: readonly OperationId[] = Object.keys(routes).filter(isOperation);
