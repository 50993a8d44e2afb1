import * as z from 'zod';
import { repairStoppedRun } from './shared/jobs/repair-job.ts';
import { logger } from './shared/platform/logger.ts';

/** EventBridge's event of an execution that failed, timed out or was stopped. */
const ExecutionStopped = z.object({ detail: z.object({ name: z.string(), status: z.string() }) });

/** Repairs a job as soon as its execution ended badly. These events are best effort; the sweeper finds what they miss. */
export const handler = async (event: unknown): Promise<void> => {
  const { name, status } = ExecutionStopped.parse(event).detail;
  const [, jobId, run] = /^(.+)-(\d+)$/.exec(name) ?? [];
  if (!jobId || !run) {
    logger.warn('an execution is not a run of a job', { name, status });
    return;
  }
  logger.info('an execution stopped', { jobId, run, status });
  await repairStoppedRun(jobId, Number(run));
};
