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
import { isStaleJob, TaskTaken } from '../table/job-errors.ts';
import { saveJob } from '../table/job-store.ts';
import { loadJob } from '../table/load-job.ts';
import { retryOnConflict } from '../table/retry-on-conflict.ts';

export const cancel = (jobId: string, by: string, { abandon }: CancelJobRequest): Promise<Job> =>
  operate(jobId, async ({ state }) =>
    cancelJob(state, { by, abandon, canStopProvider: canStopProvider(state) }, now()),
  );

export const redrive = (jobId: string, by: string, wish: RedriveJobRequest): Promise<Job> =>
  operate(jobId, async (job) => redriveJob(job.state, await loadAttempt(job), { by, ...wish }, now()));

/** Whether the provider has a task of the job and can cancel it. */
const canStopProvider = ({ status, provider }: JobState): boolean =>
  status === 'running' && canCancel(providerSettings(provider));

// The caller waits for the answer: 0.75 s of pauses at most.
const TRIES = 5;

/** Decides on the job as it is, and once more when it moved on meanwhile. */
const operate = (jobId: string, decide: (job: Job) => Promise<Operation>): Promise<Job> =>
  retryOnConflict(
    async () => {
      const job = await loadJob(jobId);
      return carryOut(job, await decide(job));
    },
    {
      tries: TRIES,
      isConflict: isStaleJob,
      onRetry: () => logger.info('the job moved on; deciding again', { jobId }),
    },
  );

const carryOut = async (job: Job, operation: Operation): Promise<Job> => {
  switch (operation.do) {
    case 'save':
      return saveJob(job, operation.change);
    case 'restart':
      return restartOwning(job, operation);
    case 'nothing':
      return job;
    case 'refuse':
      throw new ApiProblem(409, operation.name, operation.reason);
  }
};

const restartOwning = async (
  job: Job,
  { change, attempt }: Extract<Operation, { do: 'restart' }>,
): Promise<Job> => {
  try {
    return await restartJob(job, change, attempt);
  } catch (error) {
    if (!(error instanceof TaskTaken)) throw error;
    throw new ApiProblem(
      409,
      'TASK_OF_ANOTHER_JOB',
      'This task belongs to another job. Check the id at the provider.',
    );
  }
};
