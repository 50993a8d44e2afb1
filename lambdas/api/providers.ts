import { routes } from '../../core/api/routes.ts';
import { jsonAnswer } from '../shared/api-answer.ts';
import * as operate from '../shared/operate-provider.ts';
import { operation } from './operation.ts';

export const listProviders = operation(routes.listProviders, async () =>
  jsonAnswer(200, { providers: await operate.showProviders() }),
);

export const pauseProvider = operation(routes.pauseProvider, async ({ caller, params, body }) =>
  jsonAnswer(200, await operate.pauseProvider(params.id, caller.owner, body)),
);

export const resumeProvider = operation(routes.resumeProvider, async ({ caller, params }) =>
  jsonAnswer(200, await operate.resumeProvider(params.id, caller.owner)),
);
