import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ListExecutionsCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { Env } from '../../core/kernel/contract.ts';
import { uniqueName } from './aws.ts';

/** A workflow whose executions live until somebody stops them, in place of the one that does nothing. */
export interface LivingWorkflow {
  /** Names of its executions with their status. */
  executions(jobId: string): Promise<Record<string, string>>;
  start(name: string): Promise<void>;
  stop(name: string): Promise<void>;
}

export const startLivingWorkflow = async (sfn: SFNClient): Promise<LivingWorkflow> => {
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name: uniqueName('living'),
      roleArn: 'arn:aws:iam::000000000000:role/test',
      definition: JSON.stringify({
        StartAt: 'Live',
        States: { Live: { Type: 'Wait', Seconds: 3600, End: true } },
      }),
    }),
  );
  process.env[Env.jobWorkflow] = stateMachineArn;
  const arnOf = (name: string) => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  return {
    async executions(jobId) {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
      const names = executions.map(({ name = '' }) => name).filter((name) => name.startsWith(`${jobId}-`));
      const entries = names.sort().map(async (name) => {
        const { status = '' } = await sfn.send(new DescribeExecutionCommand({ executionArn: arnOf(name) }));
        return [name.slice(jobId.length), status] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    async start(name) {
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: '{}' }));
    },
    async stop(name) {
      await sfn.send(new StopExecutionCommand({ executionArn: arnOf(name) }));
    },
  };
};
