import type { BatchRow, Job, JobRequest } from '../../../core/jobs/job.ts';
import { apiOutputKey } from '../../../core/kernel/ids.ts';
import { frameNameOf, givenOf, type JobOrder } from '../../../core/request/job-request.ts';
import type { Write } from '../table/job-store.ts';
import { recordJob, requestOf } from './create-job.ts';

// What orders by API have in common, however many come at once.

export interface PlacedOrder {
  readonly jobId: string;
  readonly owner: string;
  readonly order: JobOrder;
  /** Of an order among many. */
  readonly batch?: BatchRow;
  /** Tells a replay from another request. */
  readonly hash: string;
}

/** What to make, or what is wrong with what was ordered (`problems`). Nothing is written. */
export const requestOfOrder = ({ jobId, owner, order, hash }: PlacedOrder): Promise<JobRequest> =>
  requestOf({
    jobId,
    owner,
    frame: order.frame && frameNameOf(order.frame),
    given: givenOf(order),
    metadata: order.metadata,
    hash,
  });

/** Writes the record, or finds the one that is there already. Whoever called starts it. */
export const recordOrder = async (
  { jobId, owner, batch }: Pick<PlacedOrder, 'jobId' | 'owner' | 'batch'>,
  request: JobRequest,
  together: readonly Write[] = [],
): Promise<Job> => {
  const { job } = await recordJob(
    {
      jobId,
      owner,
      actor: owner,
      ...(request.startFrame ? { source: request.startFrame } : {}),
      ...(batch ? { batch } : {}),
      outputKey: apiOutputKey(owner, jobId),
    },
    request,
    together,
  );
  return job;
};
