import * as z from 'zod';
import { PauseProviderRequest, ProviderView } from './provider-view.ts';
import { IdParams, plainRoute, type Route } from './route.ts';

export const providerRoutes = {
  listProviders: {
    ...plainRoute,
    method: 'GET',
    path: '/providers',
    tag: 'Providers',
    summary: 'The providers, and whether orders go out',
    access: 'admin',
    answers: {
      200: { description: 'All providers.', body: z.object({ providers: z.array(ProviderView) }) },
    },
  },
  pauseProvider: {
    ...plainRoute,
    method: 'POST',
    path: '/providers/{id}/pause',
    tag: 'Providers',
    summary: 'Stop all orders of a provider',
    description: 'Nothing is sent from now on but what is on the wire. Jobs wait, and lose nothing.',
    access: 'admin',
    params: IdParams,
    body: PauseProviderRequest,
    isBodyOptional: true,
    answers: { 200: { description: 'The provider.', body: ProviderView } },
    problems: [404],
  },
  resumeProvider: {
    ...plainRoute,
    method: 'POST',
    path: '/providers/{id}/resume',
    tag: 'Providers',
    summary: 'Let orders go on',
    access: 'admin',
    params: IdParams,
    answers: { 200: { description: 'The provider.', body: ProviderView } },
    problems: [404],
  },
} as const satisfies Record<string, Route>;
