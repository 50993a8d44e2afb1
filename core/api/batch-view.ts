import * as z from 'zod';
import { BatchFailure, type BatchState, RefusedRow } from '../batches/batch.ts';
import { JobStatus } from '../kernel/contract.ts';
import { plusSeconds } from '../kernel/time.ts';

const Time = z.iso.datetime();

const BatchStatus = z
  .enum(['accepted', 'expanding', 'running', 'finished', 'failed'])
  .describe(
    '`expanding`: its rows become jobs. `running`: all rows were read. `finished`: every job has ended, well or badly. `failed`: its manifest could not be used, or not to the end.',
  );

const JobCounts = z
  .partialRecord(JobStatus, z.int().nonnegative())
  .describe('Jobs by their status. A change may show some seconds late.');
export type JobCounts = z.infer<typeof JobCounts>;

/** A batch as its owner sees it. */
export const BatchView = z
  .object({
    batchId: z.string(),
    status: BatchStatus,
    owner: z.string(),
    counts: z.object({
      rows: z.int().nonnegative().optional().describe('Known once the manifest was read.'),
      accepted: z.int().nonnegative().describe('Rows that became jobs.'),
      refused: z.int().nonnegative().describe('Rows that did not; each is named in `refusedRows`.'),
      jobs: JobCounts,
    }),
    createdAt: Time,
    updatedAt: Time,
    failure: BatchFailure.optional().describe('Why it stopped. Jobs that were created stay.'),
    refusedRows: z.array(RefusedRow).optional().describe('In the order of their lines.'),
    nextCursor: z.string().optional().describe('There are more refused rows: ask again with it.'),
  })
  .meta({ id: 'Batch' });
export type BatchView = z.infer<typeof BatchView>;

export const BatchJob = z
  .object({ line: z.int().positive(), jobId: z.string(), status: JobStatus })
  .meta({ id: 'BatchJob' });
export type BatchJob = z.infer<typeof BatchJob>;

export const BatchJobs = z
  .object({
    jobs: z.array(BatchJob).describe('In the order of their lines.'),
    nextCursor: z.string().optional(),
  })
  .meta({ id: 'BatchJobs' });

// The index of jobs is behind by less than this. A job may also have been deleted, and is then counted no more.
const INDEX_BEHIND_SECONDS = 60;

const ENDED: readonly JobStatus[] = ['succeeded', 'failed', 'cancelled'];

const statusOf = (batch: BatchState, jobs: JobCounts, now: string): BatchView['status'] => {
  if (batch.status !== 'expanded') return batch.status;
  const counted = Object.entries(jobs);
  const open = counted.filter(([status]) => !ENDED.some((ended) => ended === status));
  const seen = counted.reduce((sum, [, count]) => sum + count, 0);
  const isComplete =
    seen >= batch.accepted || plusSeconds(batch.expandedAt ?? now, INDEX_BEHIND_SECONDS) < now;
  return open.length === 0 && isComplete ? 'finished' : 'running';
};

export const batchView = (
  batch: BatchState,
  jobs: JobCounts,
  refused: { readonly rows: readonly RefusedRow[]; readonly nextCursor?: string } | undefined,
  now: string,
): BatchView => ({
  batchId: batch.batchId,
  status: statusOf(batch, jobs, now),
  owner: batch.owner,
  counts: { rows: batch.rows, accepted: batch.accepted, refused: batch.refused, jobs },
  createdAt: batch.createdAt,
  updatedAt: batch.updatedAt,
  failure: batch.failure,
  refusedRows: refused && [...refused.rows],
  nextCursor: refused?.nextCursor,
});
