import type { BatchRow, Job, JobRequest } from '../../../core/jobs/job.ts';
import { apiOutputKey } from '../../../core/kernel/ids.ts';
import { frameNameOf, type JobRequestBody, rawParametersOf } from '../../../core/request/job-request.ts';
import type { Write } from '../table/write.ts';
import { recordJob, requestOf } from './create-job.ts';

// What orders by API have in common, however many come at once.

export interface IdentifiedRequest {
  readonly jobId: string;
  readonly owner: string;
  readonly order: JobRequestBody;
  /** Of an order among many. */
  readonly batch?: BatchRow;
  /** Tells a replay from another request. */
  readonly hash: string;
}

/** What to make, or what is wrong with what was ordered (`problems`). Nothing is written. */
export const toJobRequest = ({ jobId, owner, order, hash }: IdentifiedRequest): Promise<JobRequest> =>
  requestOf({
    jobId,
    owner,
    frame: order.frame && frameNameOf(order.frame),
    given: rawParametersOf(order),
    metadata: order.metadata,
    hash,
  });

/** Writes the record, or finds the one that is there already. Whoever called starts it. */
export const createRequestedJob = async (
  { jobId, owner, batch }: Pick<IdentifiedRequest, 'jobId' | 'owner' | 'batch'>,
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
