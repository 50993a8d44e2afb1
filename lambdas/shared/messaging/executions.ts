import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Job, JobChange, JobState } from '../../../core/jobs/job.ts';
import type { ExecutionFate } from '../../../core/jobs/repair.ts';
import type { SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { executionName } from '../../../core/kernel/ids.ts';
import { environment } from '../platform/environment.ts';
import { loggable, logger } from '../platform/logger.ts';
import { saveJob } from '../table/job-store.ts';

let client: SFNClient | undefined;
const workflows = (): SFNClient => {
  client ??= new SFNClient({});
  return client;
};

/** `arn:…:stateMachine:Name` and an execution's name → `arn:…:execution:Name:<jobId>-<run>` */
const executionArn = ({ jobId, run }: JobState): string =>
  `${environment(Env.jobWorkflow).replace(':stateMachine:', ':execution:')}:${executionName(jobId, run)}`;

/** Starts the execution of a job's current run. It is a success if it runs already. */
export const startRun = async ({ jobId, run }: JobState): Promise<void> => {
  try {
    await workflows().send(
      new StartExecutionCommand({
        stateMachineArn: environment(Env.jobWorkflow),
        name: executionName(jobId, run),
        input: JSON.stringify({ jobId, run }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
};

/**
 * The same, without an error. Answers false when the execution could not be started: then the sweeper starts it.
 */
export const startOrLeave = async (state: JobState): Promise<boolean> => {
  try {
    await startRun(state);
    return true;
  } catch (error) {
    logger.error('job not started yet', { jobId: state.jobId, error: loggable(error) });
    return false;
  }
};

/** The status of the execution of a job's current run. */
export const fateOfRun = async (state: JobState): Promise<ExecutionFate> => {
  try {
    const { status } = await workflows().send(
      new DescribeExecutionCommand({ executionArn: executionArn(state) }),
    );
    return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'running' : 'ended';
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return 'never-started';
    throw error;
  }
};

/** Steps of an old run end by themselves; stopping the execution saves their invocations. */
const stopRun = async (state: JobState): Promise<void> => {
  try {
    await workflows().send(
      new StopExecutionCommand({ executionArn: executionArn(state), cause: 'Another run has this job.' }),
    );
  } catch (error) {
    if (!(error instanceof ExecutionDoesNotExist))
      logger.warn('old run not stopped', { jobId: state.jobId, run: state.run, error: loggable(error) });
  }
};

/**
 * The one way to wake, redrive or repair a job: writes the next run into the record, starts its execution and stops the old one.
 * Steps skip what is done, so nothing is paid twice. If this is cut off after the record, the sweeper starts the execution. Throws `StaleJob` when the job moved on since it was read.
 */
export const restartJob = async (job: Job, change: JobChange, attempt?: SubmitAttempt): Promise<Job> => {
  const restarted = await saveJob(job, change, attempt);
  logger.info('job restarted', {
    jobId: job.state.jobId,
    run: restarted.state.run,
    actor: restarted.state.actor,
    action: change.action,
  });
  await startOrLeave(restarted.state);
  await stopRun(job.state);
  return restarted;
};
