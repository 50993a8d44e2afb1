import { type BatchState, refusedRow } from '../../../core/batches/batch.ts';
import { orderOf } from '../../../core/batches/manifest.ts';
import type { ManifestRow } from '../../../core/batches/manifest-row.ts';
import type { Job } from '../../../core/jobs/job.ts';
import { batchJobId, requestHash } from '../../../core/kernel/ids.ts';
import type { FieldProblem } from '../../../core/request/field-problem.ts';
import { startOrLeave } from '../messaging/executions.ts';
import { refuseRow, unlessRefused } from '../table/batch-store.ts';
import { JobDeleted, JobNotFound } from '../table/job-errors.ts';
import { findJob, loadJob } from '../table/load-job.ts';
import { createRequestedJob, toJobRequest } from './accept-request.ts';

/** What became of a row. `accepted-late`: it is a job that could not be started yet; the sweeper starts it. */
export type RowOutcome = 'accepted' | 'accepted-late' | 'refused';

type Batch = Pick<BatchState, 'batchId' | 'owner'>;

/** Makes a row exactly one job or exactly one refusal, however often, and by however many, it is tried. */
export const orderRow = async (batch: Batch, row: ManifestRow): Promise<RowOutcome> => {
  const { batchId, owner } = batch;
  const { line } = row;
  const jobId = batchJobId(batchId, line);
  // What is there stays, even if its frame is gone by now.
  const known = await findJob(jobId);
  if (known) return start(known);
  const checked = orderOf(row);
  if ('problems' in checked) return refuse(batch, line, checked.problems);
  const placed = { jobId, owner, order: checked.order, hash: requestHash(checked.order) };
  const request = await toJobRequest(placed);
  if (request.problems) return refuse(batch, line, request.problems);
  try {
    return await start(
      await createRequestedJob({ ...placed, batch: { batchId, line } }, request, [
        unlessRefused(batchId, line),
      ]),
    );
  } catch (error) {
    if (!(error instanceof JobNotFound)) throw error;
    return settled(jobId);
  }
};

/** Records that a row is no job. */
export const refuse = async (
  { batchId }: Batch,
  line: number,
  problems: readonly FieldProblem[],
): Promise<RowOutcome> => {
  const jobId = batchJobId(batchId, line);
  return (await refuseRow(batchId, jobId, refusedRow(line, problems))) ? 'refused' : settled(jobId);
};

/** What became of a row that was settled before, or by another. */
const settled = async (jobId: string): Promise<RowOutcome> => {
  try {
    return await start(await loadJob(jobId));
  } catch (error) {
    // It was a job, and its owner has deleted it since.
    if (error instanceof JobDeleted) return 'accepted';
    if (error instanceof JobNotFound) return 'refused';
    throw error;
  }
};

/** Once the record is there the row is accepted, whatever happens next. */
const start = async ({ state }: Job): Promise<RowOutcome> => {
  if (state.status !== 'accepted') return 'accepted';
  return (await startOrLeave(state)) ? 'accepted' : 'accepted-late';
};
