import { type BatchState, refusedRow } from '../../../core/batches/batch.ts';
import { jobRequestOf } from '../../../core/batches/manifest.ts';
import type { ManifestRow } from '../../../core/batches/manifest-row.ts';
import type { Job } from '../../../core/jobs/job.ts';
import { batchJobId, requestHash } from '../../../core/kernel/ids.ts';
import type { FieldProblem } from '../../../core/request/field-problem.ts';
import { startOrLeave } from '../messaging/executions.ts';
import { refuseRow, unlessRefused } from '../table/batch-store.ts';
import { JobDeleted, JobNotFound } from '../table/job-errors.ts';
import { findJob, loadJob } from '../table/load-job.ts';
import { createRequestedJob, toJobRequest } from './accept-request.ts';

/** The outcome of a row. `accepted-late`: the job is recorded but could not be started; the sweeper starts it. */
export type RowOutcome = 'accepted' | 'accepted-late' | 'refused';

type Batch = Pick<BatchState, 'batchId' | 'owner'>;

/** Makes exactly one job or exactly one refusal of a row, however often and by however many functions it is tried. */
export const acceptRow = async (batch: Batch, row: ManifestRow): Promise<RowOutcome> => {
  const { batchId, owner } = batch;
  const { line } = row;
  const jobId = batchJobId(batchId, line);
  // An existing job stays, even if its frame is gone by now.
  const known = await findJob(jobId);
  if (known) return start(known);
  const read = jobRequestOf(row);
  if ('problems' in read) return refuse(batch, line, read.problems);
  const identified = { jobId, owner, body: read.request, hash: requestHash(read.request) };
  const request = await toJobRequest(identified);
  if (request.problems) return refuse(batch, line, request.problems);
  try {
    return await start(
      await createRequestedJob({ ...identified, batch: { batchId, line } }, request, [
        unlessRefused(batchId, line),
      ]),
    );
  } catch (error) {
    if (!(error instanceof JobNotFound)) throw error;
    return settled(jobId);
  }
};

/** Records that a row makes no job. */
export const refuse = async (
  { batchId }: Batch,
  line: number,
  problems: readonly FieldProblem[],
): Promise<RowOutcome> => {
  const jobId = batchJobId(batchId, line);
  return (await refuseRow(batchId, jobId, refusedRow(line, problems))) ? 'refused' : settled(jobId);
};

/** The outcome of a row that was settled before, or by another function. */
const settled = async (jobId: string): Promise<RowOutcome> => {
  try {
    return await start(await loadJob(jobId));
  } catch (error) {
    // It was a job, and its owner deleted it.
    if (error instanceof JobDeleted) return 'accepted';
    if (error instanceof JobNotFound) return 'refused';
    throw error;
  }
};

/** With its record the row is accepted, whether or not the job can be started now. */
const start = async ({ state }: Job): Promise<RowOutcome> => {
  if (state.status !== 'accepted') return 'accepted';
  return (await startOrLeave(state)) ? 'accepted' : 'accepted-late';
};
