import { jobRoutes } from '../../core/api/job-routes.ts';
import { jobView } from '../../core/api/job-view.ts';
import type { Job, JobRequest } from '../../core/jobs/job.ts';
import { keyedJobId, requestHash } from '../../core/kernel/ids.ts';
import type { JobRequestBody } from '../../core/request/job-request.ts';
import { createRequestedJob, type IdentifiedRequest, toJobRequest } from '../shared/jobs/accept-request.ts';
import { dryRunJob } from '../shared/jobs/dry-run.ts';
import { startOrLeave } from '../shared/messaging/executions.ts';
import { jsonAnswer } from '../shared/platform/problem-response.ts';
import { findJob } from '../shared/table/load-job.ts';
import { idOfRequest, mustBeSameRequest } from './idempotency.ts';
import { type Answer, operation } from './operation.ts';
import { invalid } from './read-request.ts';

export const createJob = operation(jobRoutes.createJob, async ({ caller: { owner }, headers, body }) => {
  const { dryRun = false, ...order } = body;
  const key = headers['idempotency-key'];
  const placed = identifiedRequest(owner, order, key);
  if (dryRun) return jsonAnswer(200, await dryRunJob(placed, await checked(placed)));
  // A replay is answered by what is there, even if the frame is gone by now.
  const known = key === undefined ? undefined : await findJob(placed.jobId);
  return acceptedAnswer(known ?? (await createRequestedJob(placed, await checked(placed))), placed.hash);
});

const identifiedRequest = (
  owner: string,
  order: JobRequestBody,
  key: string | undefined,
): IdentifiedRequest => ({
  jobId: idOfRequest(owner, key, keyedJobId),
  owner,
  order,
  hash: requestHash(order),
});

/** @throws ApiProblem with everything that is wrong with it */
const checked = async (placed: IdentifiedRequest): Promise<JobRequest> => {
  const request = await toJobRequest(placed);
  if (request.problems) throw invalid(request.problems);
  return request;
};

/** Once the record is there the answer is 202, whatever happens next: a 5xx would make the caller order again. */
const acceptedAnswer = async (job: Job, hash: string): Promise<Answer> => {
  mustBeSameRequest(job.request, hash);
  if (job.state.status === 'accepted') await startOrLeave(job.state);
  return jsonAnswer(202, jobView(job), { location: `jobs/${job.state.jobId}` });
};
