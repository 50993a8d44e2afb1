import {
  type DynamoDBDocumentClient,
  QueryCommand,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { JobState } from '../core/jobs/job.ts';
import { JobEvent } from '../core/jobs/job-event.ts';
import { SortKey } from '../core/kernel/table-keys.ts';
import { identify } from '../lambdas/shared/table/identify.ts';
import { eventSortKey, jobPartition } from '../lambdas/shared/table/keys.ts';

/** A job as it is now, with its timeline so far. */
export interface JobSnapshot {
  readonly state: JobState;
  readonly events: readonly JobEvent[];
}

const Key = z.looseObject({ pk: z.string(), sk: z.string() });

/** Nothing while there is no such job. */
export const readJob = async (
  table: DynamoDBDocumentClient,
  tableName: string,
  jobId: string,
): Promise<JobSnapshot | undefined> => {
  const { Items = [] } = await table.send(
    new QueryCommand({
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': jobPartition(jobId) },
    }),
  );
  const items = Items.map((item) => Key.parse(item));
  const state = items.find((item) => identify(item).is === 'job-state');
  if (!state || 'deletedAt' in state) return undefined;
  return {
    state: JobState.parse(state),
    events: items.filter((item) => identify(item).is === 'event').map((item) => JobEvent.parse(item)),
  };
};

/** The jobs that were accepted since, oldest first. */
export const findJobsSince = async (
  table: DynamoDBDocumentClient,
  tableName: string,
  since: string,
): Promise<JobState[]> => {
  const items = await scan(table, {
    TableName: tableName,
    FilterExpression: 'sk = :state AND createdAt >= :since',
    ExpressionAttributeValues: { ':state': SortKey.state, ':since': since },
  });
  return items
    .filter((item) => identify(Key.parse(item)).is === 'job-state')
    .map((item) => JobState.parse(item))
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
};

/** The job whose drop said this in its metadata. */
export const findJobByMetadata = async (
  table: DynamoDBDocumentClient,
  tableName: string,
  name: string,
  value: string,
): Promise<string | undefined> => {
  const [item] = await scan(table, {
    TableName: tableName,
    FilterExpression: 'sk = :first AND metadata.#name = :value',
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':first': eventSortKey(1), ':value': value },
  });
  return item && JobEvent.parse(item).jobId;
};

/** Reads the whole table: this is one person's own cloud. */
const scan = async (
  table: DynamoDBDocumentClient,
  question: ScanCommandInput,
): Promise<Record<string, unknown>[]> => {
  const found: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await table.send(
      new ScanCommand({ ...question, ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}) }),
    );
    found.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
};
