import { SendTaskSuccessCommand, SFNClient, SFNServiceException } from '@aws-sdk/client-sfn';
import type { JobState } from '../../../core/jobs/job.ts';
import type { StepResult } from '../../../core/kernel/contract.ts';
import { secondsBetween } from '../../../core/kernel/time.ts';
import { loggable, logger } from '../platform/logger.ts';

let client: SFNClient | undefined;

/**
 * Tells the workflow of a job that it may go on. A word that does not arrive is no harm: the slot is the job's, and the sweeper
 * sends it again; where the workflow is gone, it gives the job another run.
 */
export const resumeExecution = async (
  { jobId, run, sendAt }: JobState,
  token: string,
  now: string,
): Promise<void> => {
  const waitSeconds = sendAt === undefined ? 0 : Math.max(0, Math.ceil(secondsBetween(now, sendAt)));
  const output: StepResult = { jobId, run, next: 'submit', waitSeconds };
  client ??= new SFNClient({});
  try {
    await client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) }));
  } catch (error) {
    const isGone = error instanceof SFNServiceException && GONE.has(error.name);
    logger.warn(isGone ? 'the workflow does not wait any more' : 'the workflow could not be told', {
      jobId,
      run,
      error: loggable(error),
    });
  }
};

const GONE = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']);
