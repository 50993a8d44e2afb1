import middy from '@middy/core';
import type { Job } from '../../../core/jobs/job.ts';
import { type StepAnswer, StepInput, type StepResult } from '../../../core/kernel/contract.ts';
import { now } from '../platform/clock.ts';
import { loggable, logger } from '../platform/logger.ts';
import { findJob } from '../table/load-job.ts';

type Step = (job: Job, edge: { readonly now: () => string }) => Promise<StepAnswer>;

/**
 * A step of the workflow: the execution's four fields in, four fields out, the job loaded between. A step of an older run ends
 * at once, because another execution has the job. A step without a job ends too, because no retry helps. An error is logged
 * here, once, and goes to the workflow.
 */
export const stepHandler = (step: Step) =>
  middy<unknown, StepResult>()
    .onError(({ error }) => logger.error('step failed', { error: loggable(error) }))
    .after(() => logger.resetKeys())
    .handler(async (event: unknown): Promise<StepResult> => {
      const { jobId, run } = StepInput.parse(event);
      logger.appendKeys({ jobId, run });
      const job = await findJob(jobId);
      if (job?.state.run !== run) {
        if (job) logger.info('another run has this job', { currentRun: job.state.run });
        else logger.error('the execution has no job');
        return { jobId, run, next: 'end', waitSeconds: 0 };
      }
      const { next, waitSeconds = 0 } = await step(job, { now });
      return { jobId, run, next, waitSeconds };
    });
