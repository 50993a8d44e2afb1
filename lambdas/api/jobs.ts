import { jobRoutes } from '../../core/api/job-routes.ts';
import { type JobView, jobView } from '../../core/api/job-view.ts';
import { progressOf } from '../../core/api/progress.ts';
import type { Job } from '../../core/jobs/job.ts';
import { type WaitingView, waitingOf } from '../../core/queue/wait-reason.ts';
import { hostOfWebhook } from '../../core/webhooks/settings.ts';
import { cancel, redrive } from '../shared/jobs/job-operations.ts';
import { now } from '../shared/platform/clock.ts';
import { ApiProblem, jsonAnswer } from '../shared/platform/problem-response.ts';
import { settings } from '../shared/platform/settings.ts';
import { loadDeliveries } from '../shared/table/delivery-log.ts';
import { findJob } from '../shared/table/load-job.ts';
import { loadProviderState } from '../shared/table/provider-state.ts';
import { loadTimeline } from '../shared/table/timeline.ts';
import { type Caller, mayOperate } from './caller.ts';
import { type Answer, operation } from './operation.ts';

export const noSuchJob = (jobId: string): ApiProblem =>
  new ApiProblem(404, 'NOT_FOUND', `There is no job ${jobId}.`);

/** The job of the path, if the caller may see it. @throws ApiProblem */
export const jobOf = async (jobId: string, caller: Caller): Promise<Job> => {
  const job = await findJob(jobId);
  // Another owner's job is answered like one that does not exist.
  if (!job || !mayOperate(caller, job.state)) throw noSuchJob(jobId);
  return job;
};

export const showJob = operation(jobRoutes.showJob, async ({ caller, params }) => {
  const job = await jobOf(params.id, caller);
  const timeline = await loadTimeline(job.state.jobId);
  return jsonAnswer(200, {
    ...jobView(job, timeline, await reasonToWait(job)),
    progress: progressOf(job.state, now()),
    ...(await webhookOf(job)),
  });
});

/** The receiver of the job's events, and the deliveries so far. Reads nothing where the job has no receiver. */
export const webhookOf = async ({ state, request }: Job): Promise<Pick<JobView, 'webhook'>> => {
  const url = request.webhookUrl ?? settings().webhooks.url;
  if (url === undefined) return {};
  return { webhook: { host: hostOfWebhook(url), deliveries: await loadDeliveries(state.jobId) } };
};

const reasonToWait = async ({ state }: Job): Promise<WaitingView | undefined> =>
  state.status === 'queued' && state.provider !== undefined
    ? waitingOf(state, await loadProviderState(state.provider), now())
    : undefined;

export const cancelJob = operation(jobRoutes.cancelJob, async ({ caller, params, body }) => {
  const { state } = await jobOf(params.id, caller);
  return underWay(await cancel(state.jobId, caller.owner, body));
});

export const redriveJob = operation(jobRoutes.redriveJob, async ({ caller, params, body }) => {
  const { state } = await jobOf(params.id, caller);
  return underWay(await redrive(state.jobId, caller.owner, body));
});

/** The operation is done, or under way: 202, and the job as it is now. */
const underWay = async (job: Job): Promise<Answer> =>
  jsonAnswer(202, jobView(job, await loadTimeline(job.state.jobId)));
