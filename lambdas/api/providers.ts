import { providerRoutes } from '../../core/api/provider-routes.ts';
import * as operate from '../shared/jobs/provider-operations.ts';
import { jsonAnswer } from '../shared/platform/problem-response.ts';
import { operation } from './operation.ts';

export const listProviders = operation(providerRoutes.listProviders, async () =>
  jsonAnswer(200, { providers: await operate.showProviders() }),
);

export const pauseProvider = operation(providerRoutes.pauseProvider, async ({ caller, params, body }) =>
  jsonAnswer(200, await operate.pauseProvider(params.id, caller.owner, body)),
);

export const resumeProvider = operation(providerRoutes.resumeProvider, async ({ caller, params }) =>
  jsonAnswer(200, await operate.resumeProvider(params.id, caller.owner)),
);
