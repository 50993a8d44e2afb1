import * as z from 'zod';
import { JobOrder } from './job-order.ts';
import { JobView } from './job-view.ts';
import { CancelWish, RedriveWish } from './operate-job.ts';
import { PauseWish, ProviderView } from './provider-view.ts';
import { IdParams, plainRoute, type Route } from './route.ts';

/** Letters that a header may carry; RFC 9110 leaves the rest to nobody. */
const IdempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .describe(
    'The same key and body is the same job, however often it is sent; a key lives as long as its job.',
  );

/** Every route of the HTTP API by its operation id. Its document, its stack and its function are made of this list. */
export const routes = {
  createJob: {
    ...plainRoute,
    method: 'POST',
    path: '/jobs',
    tag: 'Jobs',
    summary: 'Order a video',
    description:
      'Once the job is recorded the answer is 202, whatever happens next: see the job. A wrong value is refused before anything is spent.',
    headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
    body: JobOrder,
    answers: {
      202: {
        description: 'The job.',
        body: JobView,
        headers: { Location: 'Where the job is: `/jobs/{id}`.' },
      },
    },
    problems: [422],
  },
  showJob: {
    ...plainRoute,
    method: 'GET',
    path: '/jobs/{id}',
    tag: 'Jobs',
    summary: 'A job: its status, timeline and cost, what went wrong, and what to do',
    params: IdParams,
    answers: { 200: { description: 'The job.', body: JobView } },
    problems: [404],
  },
  cancelJob: {
    ...plainRoute,
    method: 'POST',
    path: '/jobs/{id}/cancel',
    tag: 'Jobs',
    summary: 'Cancel a job',
    params: IdParams,
    body: CancelWish,
    isBodyOptional: true,
    answers: { 202: { description: 'The job; what was ordered may still come.', body: JobView } },
    problems: [404, 409],
  },
  redriveJob: {
    ...plainRoute,
    method: 'POST',
    path: '/jobs/{id}/redrive',
    tag: 'Jobs',
    summary: 'Start a job again from where it ended',
    params: IdParams,
    body: RedriveWish,
    isBodyOptional: true,
    answers: { 202: { description: 'The job.', body: JobView } },
    problems: [404, 409],
  },
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
    body: PauseWish,
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

export type OperationId = keyof typeof routes;

const isOperation = (id: string): id is OperationId => Object.hasOwn(routes, id);
export const operationIds: readonly OperationId[] = Object.keys(routes).filter(isOperation);
