import { randomUUID } from 'node:crypto';
import { givenOf, type JobOrder } from '../../core/api/job-order.ts';
import { jobRoutes } from '../../core/api/job-routes.ts';
import { jobView } from '../../core/api/job-view.ts';
import { apiOutputKey, keyedJobId, requestHash } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { recordJob, requestOf } from '../shared/accept-job.ts';
import { ApiProblem, jsonAnswer } from '../shared/api-answer.ts';
import { findObject } from '../shared/find-media.ts';
import { findJob } from '../shared/job-store.ts';
import { startRun } from '../shared/job-workflow.ts';
import { loggable, logger } from '../shared/logger.ts';
import { type Answer, operation } from './operation.ts';
import { invalid } from './read-request.ts';

export const createJob = operation(jobRoutes.createJob, async ({ caller: { owner }, headers, body }) => {
  const key = headers['idempotency-key'];
  const hash = requestHash(body);
  const jobId = key === undefined ? randomUUID().replaceAll('-', '') : keyedJobId(owner, key);
  // A replay is answered by what is there, even if the frame is gone by now.
  const known = key === undefined ? undefined : await findJob(jobId);
  return acceptedAnswer(known ?? (await record(owner, jobId, body, hash)), hash);
});

const record = async (owner: string, jobId: string, body: JobOrder, hash: string): Promise<Job> => {
  const startFrame = body.frame && (await findObject('frame', body.frame.s3Uri));
  if (startFrame && 'message' in startFrame) throw invalid([startFrame]);
  const request = await requestOf({
    owner,
    ...(startFrame ? { startFrame } : {}),
    given: givenOf(body),
    metadata: body.metadata,
    hash,
  });
  if (request.problems) throw invalid(request.problems);
  const { job } = await recordJob(
    {
      jobId,
      owner,
      actor: owner,
      ...(startFrame ? { source: startFrame } : {}),
      outputKey: apiOutputKey(owner, jobId),
    },
    request,
  );
  return job;
};

/** Once the record is there the answer is 202, whatever happens next: a 5xx would make the caller order again. */
const acceptedAnswer = async (job: Job, hash: string): Promise<Answer> => {
  if (job.request.requestHash !== hash)
    throw new ApiProblem(422, 'IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request.');
  if (job.state.status === 'accepted') {
    try {
      await startRun(job.state);
    } catch (error) {
      logger.error('job not started yet', { jobId: job.state.jobId, error: loggable(error) });
    }
  }
  return jsonAnswer(202, jobView(job), { location: `jobs/${job.state.jobId}` });
};
