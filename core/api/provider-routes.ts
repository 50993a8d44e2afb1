import * as z from 'zod';
import { PauseProviderRequest, ProviderView } from './provider-view.ts';
import { IdParams, plainRoute, type Route } from './route.ts';

export const providerRoutes = {
  listProviders: {
    ...plainRoute,
    method: 'GET',
    path: '/providers',
    tag: 'Providers',
    summary: 'The providers, and whether they are open for submits',
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
    summary: 'Pause all submits of a provider',
    description: 'Only requests that are already on the way still arrive. Jobs wait, and lose nothing.',
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
    summary: 'Resume submits',
    access: 'admin',
    params: IdParams,
    answers: { 200: { description: 'The provider.', body: ProviderView } },
    problems: [404],
  },
} as const satisfies Record<string, Route>;
