import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { Env } from '../../core/contract.ts';
import { executionName } from '../../core/ids.ts';
import type { JobState } from '../../core/job.ts';
import { environment } from './environment.ts';

let client: SFNClient | undefined;

/** Starts the execution of a job's current run. One that was started already is a success. */
export const startRun = async ({ jobId, run }: JobState): Promise<void> => {
  client ??= new SFNClient({});
  try {
    await client.send(
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
