import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type { JobRequest, JobState } from '../../core/jobs/job.ts';
import { indexAttributes } from '../../core/jobs/list-index.ts';
import type { SubmitAttempt } from '../../core/jobs/submit-ledger.ts';
import { partitionOf } from '../../core/kernel/ids.ts';

/** The partition of the sweeper's index, one of eight. */
export const duePartition = (jobId: string): string => `DUE#${partitionOf(jobId, 8)}`;

const documents = () =>
  DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions: { removeUndefinedValues: true } });

/** Puts a job into the table as it would be after earlier steps. */
export const putJob = async (
  state: JobState,
  request: JobRequest,
  attempt?: SubmitAttempt,
): Promise<void> => {
  const table = process.env.JOB_TABLE ?? '';
  const pk = `J#${state.jobId}`;
  const items = [
    {
      pk,
      sk: 'STATE',
      ...indexAttributes(state),
      ...state,
      ...(state.dueAt ? { due: duePartition(state.jobId) } : {}),
    },
    { pk, sk: 'REQUEST', ...request },
    ...(attempt ? [{ pk, sk: `ATTEMPT#${attempt.attempt}`, ...attempt }] : []),
  ];
  await documents().send(
    new BatchWriteCommand({ RequestItems: { [table]: items.map((Item) => ({ PutRequest: { Item } })) } }),
  );
};

const TableName = () => process.env.JOB_TABLE ?? '';

/** Any other item. */
export const putItem = async (Item: Record<string, unknown>): Promise<void> => {
  await documents().send(new PutCommand({ TableName: TableName(), Item }));
};

/** Every item of a partition, in its order. */
export const itemsOf = async (pk: string): Promise<Record<string, unknown>[]> => {
  const { Items = [] } = await documents().send(
    new QueryCommand({
      TableName: TableName(),
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
    }),
  );
  return Items;
};

/** All that is known of a provider's orders: who waits, who holds a slot, whether it is parked. */
export const forgetProvider = async (provider: string): Promise<void> => {
  for (const kind of ['PROVIDER', 'SLOT', 'QUEUE', 'FAIR'])
    for (const { pk, sk } of await itemsOf(`${kind}#${provider}`))
      await documents().send(new DeleteCommand({ TableName: TableName(), Key: { pk, sk } }));
};
