import type { BatchRow, Job, JobRequest } from '../../../core/jobs/job.ts';
import { apiOutputKey } from '../../../core/kernel/ids.ts';
import type { JobRequestBody } from '../../../core/request/job-request.ts';
import type { Write } from '../table/write.ts';
import { recordJob, requestOf } from './create-job.ts';

// Requests by API, one by one or as rows of a batch.

export interface IdentifiedRequest {
  readonly jobId: string;
  readonly owner: string;
  readonly body: JobRequestBody;
  /** The row of a batch that the request is. */
  readonly batch?: BatchRow;
  /** Tells a replay from another request. */
  readonly hash: string;
}

/** The video to make, or what is wrong with the request (`problems`). Writes nothing. */
export const toJobRequest = ({ jobId, owner, body, hash }: IdentifiedRequest): Promise<JobRequest> => {
  const { metadata, ...requested } = body;
  return requestOf({ jobId, owner, requested, metadata, hash });
};

/** Writes the record, or finds the existing one. The caller starts it. */
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
