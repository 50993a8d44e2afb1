import * as z from 'zod';
import { plainRoute, type Route } from './route.ts';

const Health = z.object({ status: z.literal('ok'), stage: z.string() }).meta({ id: 'Health' });

/** What tells of the API itself. */
export const apiRoutes = {
  showApi: {
    ...plainRoute,
    method: 'GET',
    path: '/openapi.json',
    tag: 'API',
    summary: 'This document',
    access: {
      publicBecause: 'It holds nothing that the README does not, and tools read it without a signature.',
    },
    answers: { 200: { description: 'OpenAPI 3.1.', body: z.record(z.string(), z.unknown()) } },
  },
  showHealth: {
    ...plainRoute,
    method: 'GET',
    path: '/health',
    tag: 'API',
    summary: 'Whether the API answers',
    description: 'It reads nothing, so a call costs nothing but itself.',
    access: {
      publicBecause: 'Load balancers and uptime checks do not sign; they learn only that the API is up.',
    },
    answers: { 200: { description: 'It does.', body: Health } },
  },
} as const satisfies Record<string, Route>;
