import * as z from 'zod';
import { CreateBatchRequest, MAX_BATCH_BODY_BYTES } from './batch-request.ts';
import { BatchJobs, BatchView } from './batch-view.ts';
import { IdParams, plainRoute, type Route } from './route.ts';
import { wholeNumber } from './whole-number.ts';

/** A line as a cursor: opaque to callers, recognizable to us. */
const Cursor = z
  .string()
  .regex(/^after-\d{1,6}$/, 'a nextCursor of this route')
  .optional();

const pageOf = (most: number) =>
  z.strictObject({
    cursor: Cursor,
    limit: wholeNumber(1, most).default(most).describe(`${most} where left out.`),
  });

export const batchRoutes = {
  createBatch: {
    ...plainRoute,
    method: 'POST',
    path: '/batches',
    tag: 'Batches',
    summary: 'Order many videos',
    description:
      'Each row becomes a job of its own, some at a time. An invalid row is refused with its line; the others become jobs.',
    headers: z.object({
      'idempotency-key': z
        .string()
        .min(1)
        .max(255)
        .optional()
        .describe('The same key and body is the same batch, however often it is sent.'),
    }),
    body: CreateBatchRequest,
    maxBodyBytes: MAX_BATCH_BODY_BYTES,
    answers: {
      202: {
        description: 'The batch.',
        body: BatchView,
        headers: { Location: 'Where the batch is: `batches/{id}`, relative to the address of this request.' },
      },
    },
    problems: [422],
  },
  showBatch: {
    ...plainRoute,
    method: 'GET',
    path: '/batches/{id}',
    tag: 'Batches',
    summary: 'A batch: the status of its jobs, and its refused rows with the reason',
    params: IdParams,
    query: pageOf(100),
    answers: { 200: { description: 'The batch.', body: BatchView } },
    problems: [404],
  },
  listBatchJobs: {
    ...plainRoute,
    method: 'GET',
    path: '/batches/{id}/jobs',
    tag: 'Batches',
    summary: 'The jobs of a batch, each with its line',
    params: IdParams,
    query: pageOf(500),
    answers: { 200: { description: 'A page of jobs.', body: BatchJobs } },
    problems: [404],
  },
} as const satisfies Record<string, Route>;
