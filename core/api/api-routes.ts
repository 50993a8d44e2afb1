import * as z from 'zod';
import { plainRoute, type Route } from './route.ts';

/** What tells of the API itself. */
export const apiRoutes = {
  showApi: {
    ...plainRoute,
    method: 'GET',
    path: '/openapi.json',
    tag: 'API',
    summary: 'This document',
    access: {
      publicBecause: 'It tells nothing that the README does not, and tools want it without a signature.',
    },
    answers: { 200: { description: 'OpenAPI 3.1.', body: z.record(z.string(), z.unknown()) } },
  },
} as const satisfies Record<string, Route>;
