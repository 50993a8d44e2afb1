import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { uniqueName } from './aws.ts';

/** Executions that wait with a token, as AwaitSlot does. */
export interface WaitingWorkflow {
  /** Starts one and answers its token. */
  wait(name: string): Promise<string>;
  /** The word that it was given; nothing while it waits. */
  word(name: string): Promise<unknown>;
}

export const startWaitingWorkflow = async (sfn: SFNClient): Promise<WaitingWorkflow> => {
  const sqs = new SQSClient({});
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: uniqueName('tokens') }));
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name: uniqueName('waiting'),
      roleArn: 'arn:aws:iam::000000000000:role/test',
      definition: JSON.stringify({
        StartAt: 'Wait',
        States: {
          Wait: {
            Type: 'Task',
            Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
            Parameters: { QueueUrl, 'MessageBody.$': '$$.Task.Token' },
            End: true,
          },
        },
      }),
    }),
  );
  const arnOf = (name: string) => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  return {
    async wait(name) {
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: '{}' }));
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
        const token = Messages[0]?.Body;
        if (token) return token;
      }
    },
    async word(name) {
      const { output } = await sfn.send(new DescribeExecutionCommand({ executionArn: arnOf(name) }));
      return output === undefined ? undefined : JSON.parse(output);
    },
  };
};
