import { SendTaskSuccessCommand, SFNClient, SFNServiceException } from '@aws-sdk/client-sfn';
import type { JobState } from '../../../core/jobs/job.ts';
import type { StepResult } from '../../../core/kernel/contract.ts';
import { secondsBetween } from '../../../core/kernel/time.ts';
import { loggable, logger } from '../platform/logger.ts';

let client: SFNClient | undefined;

/**
 * Resumes the execution of a job that waits. A signal that does not arrive does no harm: the job keeps its slot, and the sweeper
 * sends the signal again, or starts another run where the execution is gone.
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
    logger.warn(isGone ? 'the execution does not wait any more' : 'the execution could not be resumed', {
      jobId,
      run,
      error: loggable(error),
    });
  }
};

const GONE = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']);
