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
  const { dryRun = false, ...job } = body;
  const key = headers['idempotency-key'];
  const identified = identifiedRequest(owner, job, key);
  if (dryRun) return jsonAnswer(200, await dryRunJob(identified, await checked(identified)));
  // A replay is answered with the existing job, even if its frame is gone by now.
  const known = key === undefined ? undefined : await findJob(identified.jobId);
  return acceptedAnswer(
    known ?? (await createRequestedJob(identified, await checked(identified))),
    identified.hash,
  );
});

const identifiedRequest = (
  owner: string,
  body: JobRequestBody,
  key: string | undefined,
): IdentifiedRequest => ({
  jobId: idOfRequest(owner, key, keyedJobId),
  owner,
  body,
  hash: requestHash(body),
});

/** @throws ApiProblem with every problem of the request */
const checked = async (identified: IdentifiedRequest): Promise<JobRequest> => {
  const request = await toJobRequest(identified);
  if (request.problems) throw invalid(request.problems);
  return request;
};

/** With the record written the answer is 202, whatever happens next: after a 5xx the caller would request another job. */
const acceptedAnswer = async (job: Job, hash: string): Promise<Answer> => {
  mustBeSameRequest(job.request, hash);
  if (job.state.status === 'accepted') await startOrLeave(job.state);
  return jsonAnswer(202, jobView(job), { location: `jobs/${job.state.jobId}` });
};
