import type { CancelJobRequest, RedriveJobRequest } from '../../../core/api/job-operations.ts';
import { cancelJob, type Operation } from '../../../core/jobs/cancel.ts';
import type { Job, JobState } from '../../../core/jobs/job.ts';
import { redriveJob } from '../../../core/jobs/redrive.ts';
import { canCancel } from '../../../core/providers/registry.ts';
import { restartJob } from '../messaging/executions.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { ApiProblem } from '../platform/problem-response.ts';
import { providerSettings } from '../platform/settings.ts';
import { loadAttempt } from '../table/attempt-items.ts';
import { StaleJob } from '../table/job-errors.ts';
import { saveJob } from '../table/job-store.ts';
import { loadJob } from '../table/load-job.ts';

export const cancel = (jobId: string, by: string, { abandon }: CancelJobRequest): Promise<Job> =>
  operate(jobId, async ({ state }) =>
    cancelJob(state, { by, abandon, canStopProvider: canStopProvider(state) }, now()),
  );

export const redrive = (jobId: string, by: string, wish: RedriveJobRequest): Promise<Job> =>
  operate(jobId, async (job) => redriveJob(job.state, await loadAttempt(job), { by, ...wish }, now()));

/** Whether there is something to stop and the provider can be asked to. */
const canStopProvider = ({ status, provider }: JobState): boolean =>
  status === 'running' && canCancel(providerSettings(provider));

const TRIES = 5;

/** Decides on the job as it is, and once more when it moved on meanwhile. */
const operate = async (jobId: string, decide: (job: Job) => Promise<Operation>): Promise<Job> => {
  for (let tries = 1; ; tries += 1) {
    const job = await loadJob(jobId);
    try {
      return await carryOut(job, await decide(job));
    } catch (error) {
      if (!(error instanceof StaleJob) || tries === TRIES) throw error;
      logger.info('the job moved on; deciding again', { jobId });
    }
  }
};

const carryOut = async (job: Job, operation: Operation): Promise<Job> => {
  switch (operation.do) {
    case 'save':
      return saveJob(job, operation.change);
    case 'restart':
      return restartJob(job, operation.change, operation.attempt);
    case 'nothing':
      return job;
    case 'refuse':
      throw new ApiProblem(409, operation.name, operation.reason);
  }
};
