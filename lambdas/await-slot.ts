import middy from '@middy/core';
import { WaitInput } from '../core/kernel/contract.ts';
import { loggable, logger } from './shared/platform/logger.ts';
import { enqueueJob } from './shared/queue/enqueue.ts';
import { isStaleJob } from './shared/table/job-errors.ts';
import { findJob } from './shared/table/load-job.ts';
import { retryOnConflict } from './shared/table/retry-on-conflict.ts';

/** Another run has the job, or it need not wait any more. FinishJob ends the execution. */
class NotWaiting extends Error {
  override readonly name = 'NotWaiting';
}

const TRIES = 5;

/** Enqueues a job at its provider, with the task token by which admit-jobs resumes its execution. */
export const handler = middy<unknown, void>()
  .onError(({ error }) => logger.error('step failed', { error: loggable(error) }))
  .after(() => logger.resetKeys())
  .handler(async (event: unknown): Promise<void> => {
    const { jobId, run, token } = WaitInput.parse(event);
    logger.appendKeys({ jobId, run });
    const wait = async (): Promise<void> => {
      const job = await findJob(jobId);
      if (job?.state.run !== run) throw new NotWaiting(`Run ${run} of job ${jobId} does not wait.`);
      return enqueueJob(job, token);
    };
    await retryOnConflict(wait, { tries: TRIES, isConflict: isStaleJob });
  });
