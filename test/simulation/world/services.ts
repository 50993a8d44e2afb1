import { DynamoDBServiceException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import {
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import type { Cloud } from './cloud.ts';
import type { Table } from './dynamodb/table.ts';
import { UnsupportedRequest } from './dynamodb/values.ts';
import type { ObjectStore } from './object-store.ts';
import type { Random } from './random.ts';
import type { Execution } from './state-machine.ts';
import type { TaskTokens } from './task-tokens.ts';

/** AWS as one run has it, and the run's listeners. */
export interface Services {
  readonly table: Table;
  readonly objects: ObjectStore;
  readonly random: Random;
  /** The value of a secret now; undefined when it has none. */
  secret(id: string): string | undefined;
  readonly frameReader: { readonly accessKeyId: string; readonly secret: string; readonly token: string };
  readonly executions: Map<string, Execution>;
  readonly tokens: TaskTokens;
  start(execution: Execution): void;
  /** Answers which entries the bus accepts. */
  putEvents(entries: readonly PutEvent[]): readonly boolean[];
  /** A message to the dead-letter queue. */
  sendMessage(body: string): void;
  /** A request that the simulation does not support. */
  reportUnsupported(what: string): void;
  /** Text that AWS stores, for the check for secrets. */
  trace(text: string): void;
}

const PutEvent = z.object({
  Source: z.string(),
  DetailType: z.string(),
  Detail: z.string(),
  Time: z.date(),
  EventBusName: z.string(),
});
export type PutEvent = z.infer<typeof PutEvent>;

const SecretInput = z.strictObject({ SecretId: z.string() });
const EventsInput = z.strictObject({ Entries: z.array(PutEvent).min(1).max(10) });
const MessageInput = z.object({ MessageBody: z.string() });
const StartInput = z.strictObject({
  stateMachineArn: z.string(),
  name: z.string().max(80),
  input: z.string(),
});
const TaskSuccessInput = z.strictObject({ taskToken: z.string(), output: z.string() });
const ExecutionInput = z.object({ executionArn: z.string() });

const metadata = { httpStatusCode: 400, requestId: 'proof', attempts: 1 };
const nameOfArn = (arn: string): string => arn.split(':').at(-1) ?? '';

export const cloudOf = (services: Services): Cloud => ({
  async send(command, input, client, signal) {
    try {
      return await answer(services, command, input, client, signal);
    } catch (error) {
      // A function may swallow the error; the proof must not.
      if (error instanceof UnsupportedRequest || error instanceof z.ZodError)
        services.reportUnsupported(`${command}: ${error}`);
      throw error;
    }
  },
  failure(command, hadEffect) {
    if (command === 'TransactWriteCommand' && !hadEffect && services.random.next() < 0.5)
      return new TransactionCanceledException({
        message: 'Transaction cancelled, please refer cancellation reasons for specific reasons',
        $metadata: metadata,
        CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
      });
    const isWrite = /Write|Put|Update|Delete/.test(command);
    const name = isWrite && services.random.next() < 0.3 ? 'ThrottlingException' : 'InternalServerError';
    return new DynamoDBServiceException({
      name,
      $fault: 'server',
      message: 'simulated error',
      $metadata: { ...metadata, httpStatusCode: 500 },
    });
  },
});

const answer = async (
  services: Services,
  command: string,
  input: unknown,
  client: object,
  signal: AbortSignal | undefined,
): Promise<unknown> => {
  const { table, objects } = services;
  switch (command) {
    case 'GetSecretValueCommand':
      return readSecret(services, input);
    case 'AssumeRoleCommand': {
      const { accessKeyId, secret, token } = services.frameReader;
      return { Credentials: { AccessKeyId: accessKeyId, SecretAccessKey: secret, SessionToken: token } };
    }
    case 'PutEventsCommand':
      return putEvents(services, input);
    case 'SendMessageCommand':
      services.sendMessage(MessageInput.parse(input).MessageBody);
      return {};
    case 'StartExecutionCommand':
      return start(services, input);
    case 'DescribeExecutionCommand': {
      const { status } = find(services, input);
      return { status };
    }
    case 'SendTaskSuccessCommand':
      return sendTaskSuccess(services, input);
    case 'StopExecutionCommand': {
      const execution = find(services, input);
      if (execution.status === 'RUNNING') execution.status = 'ABORTED';
      return {};
    }
  }
  if (/^(Get|BatchGet|Put|Query|Update|Delete|TransactWrite)Command$/.test(command))
    return table.send(command, input, marshallOptionsOf(client));
  return objects.send(command, input, signal);
};

const MarshallOptions = z.object({ removeUndefinedValues: z.boolean().optional() });
const Client = z.object({
  config: z.object({ translateConfig: z.object({ marshallOptions: MarshallOptions.optional() }).optional() }),
});

const marshallOptionsOf = (client: object): { removeUndefinedValues?: boolean } => {
  const { removeUndefinedValues = false } =
    Client.parse(client).config.translateConfig?.marshallOptions ?? {};
  return { removeUndefinedValues };
};

const readSecret = (services: Services, input: unknown): unknown => {
  const { SecretId } = SecretInput.parse(input);
  const SecretString = services.secret(SecretId);
  if (SecretString !== undefined) return { SecretString };
  throw new ResourceNotFoundException({
    message: "Secrets Manager can't find the specified secret value.",
    $metadata: metadata,
  });
};

const putEvents = (services: Services, input: unknown): unknown => {
  const { Entries } = EventsInput.parse(input);
  const taken = services.putEvents(Entries);
  return {
    FailedEntryCount: taken.filter((isTaken) => !isTaken).length,
    Entries: taken.map((isTaken, index) =>
      isTaken ? { EventId: String(index) } : { ErrorCode: 'InternalFailure', ErrorMessage: 'simulated' },
    ),
  };
};

const start = (services: Services, value: unknown): unknown => {
  const { stateMachineArn, name, input } = StartInput.parse(value);
  services.trace(input);
  const before = services.executions.get(name);
  // Repeating the start of a running execution is fine; any other repetition is refused.
  if (before && (before.status !== 'RUNNING' || before.input !== input))
    throw new ExecutionAlreadyExists({ message: 'Execution Already Exists', $metadata: metadata });
  if (!before) {
    const execution: Execution = { name, input, status: 'RUNNING', history: [], events: 0 };
    services.start(execution);
  }
  return { executionArn: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}` };
};

const sendTaskSuccess = (services: Services, value: unknown): unknown => {
  const { taskToken, output } = TaskSuccessInput.parse(value);
  services.trace(output);
  switch (services.tokens.succeed(taskToken, JSON.parse(output))) {
    case 'resumed':
      return {};
    case 'timed out':
      throw new TaskTimedOut({ message: 'Task Timed Out', $metadata: metadata });
    case 'unknown':
      throw new InvalidToken({ message: 'Invalid Token', $metadata: metadata });
  }
};

const find = ({ executions }: Services, input: unknown): Execution => {
  const { executionArn } = ExecutionInput.parse(input);
  const execution = executions.get(nameOfArn(executionArn));
  if (!execution)
    throw new ExecutionDoesNotExist({ message: 'Execution Does Not Exist', $metadata: metadata });
  return execution;
};
