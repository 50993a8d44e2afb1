import * as z from 'zod';
import { CreateJobRequest } from '../request/job-request.ts';
import { DryRun } from './dry-run.ts';
import { CancelJobRequest, RedriveJobRequest } from './job-operations.ts';
import { JobView } from './job-view.ts';
import { IdParams, plainRoute, type Route } from './route.ts';

const IdempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .describe(
    'The same key and body is the same job, however often it is sent; a key lives as long as its job.',
  );

export const jobRoutes = {
  createJob: {
    ...plainRoute,
    method: 'POST',
    path: '/jobs',
    tag: 'Jobs',
    summary: 'Order a video',
    description:
      'Once the job is recorded the answer is 202, whatever happens next: see the job. A wrong value is refused before anything is spent.',
    headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
    body: CreateJobRequest,
    answers: {
      200: { description: 'Of a `dryRun`: what would come of it.', body: DryRun },
      202: {
        description: 'The job.',
        body: JobView,
        headers: { Location: 'Where the job is, relative to the address of this request: `jobs/{id}`.' },
      },
    },
    problems: [409, 422],
  },
  showJob: {
    ...plainRoute,
    method: 'GET',
    path: '/jobs/{id}',
    tag: 'Jobs',
    summary: 'A job: its status, timeline, cost and failure, and what to do',
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
    body: CancelJobRequest,
    isBodyOptional: true,
    answers: { 202: { description: 'The job; its video may still come.', body: JobView } },
    problems: [404, 409],
  },
  redriveJob: {
    ...plainRoute,
    method: 'POST',
    path: '/jobs/{id}/redrive',
    tag: 'Jobs',
    summary: 'Start a job again from where it ended',
    params: IdParams,
    body: RedriveJobRequest,
    isBodyOptional: true,
    answers: { 202: { description: 'The job.', body: JobView } },
    problems: [404, 409],
  },
} as const satisfies Record<string, Route>;
