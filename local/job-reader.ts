import {
  type DynamoDBDocumentClient,
  QueryCommand,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { jobView } from '../core/api/job-view.ts';
import { type Job, JobRequest, JobState } from '../core/jobs/job.ts';
import { JobEvent } from '../core/jobs/job-event.ts';
import { SortKey } from '../core/kernel/table-keys.ts';
import { identify } from '../lambdas/shared/table/identify.ts';
import { eventSortKey, jobPartition } from '../lambdas/shared/table/keys.ts';
import { LocalCloudError } from './local-cloud-error.ts';

// The jobs of the local cloud, read from its table: by whatever means the stage lets callers of the API in, and whoever owns
// the job, `npm start` shows it.

/** A job as it is now, with its timeline so far. */
export interface JobSnapshot extends Job {
  readonly events: readonly JobEvent[];
}

const Key = z.looseObject({ pk: z.string(), sk: z.string() });

/** Nothing while there is no such job, and after it was deleted. */
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
  const request = items.find((item) => identify(item).is === 'job-request');
  if (!state || !request || 'deletedAt' in state) return undefined;
  return {
    state: JobState.parse(state),
    request: JobRequest.parse(request),
    events: items.filter((item) => identify(item).is === 'event').map((item) => JobEvent.parse(item)),
  };
};

/** The job as the API shows it. @throws LocalCloudError when there is none */
export const showJob = async (table: DynamoDBDocumentClient, tableName: string, jobId: string) => {
  const job = await readJob(table, tableName, jobId);
  if (!job) throw new LocalCloudError(`Job ${jobId} is not there, or was deleted.`);
  return jobView(job, job.events);
};

/** The jobs that were accepted since then, oldest first. */
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
  return (
    items
      // Batches have a state, too.
      .filter((item) => identify(Key.parse(item)).is === 'job-state')
      .map((item) => JobState.parse(item))
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
  );
};

/** The job of the drop with this metadata. */
export const findJobByMetadata = async (
  table: DynamoDBDocumentClient,
  tableName: string,
  name: string,
  value: string,
): Promise<string | undefined> => {
  const items = await scan(table, {
    TableName: tableName,
    FilterExpression: 'sk = :first AND metadata.#name = :value',
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':first': eventSortKey(1), ':value': value },
  });
  const event = items.find((item) => identify(Key.parse(item)).is === 'event');
  return event && JobEvent.parse(event).jobId;
};

/** Reads the whole table: this is one person's own cloud. */
const scan = async (
  table: DynamoDBDocumentClient,
  query: ScanCommandInput,
): Promise<Record<string, unknown>[]> => {
  const found: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await table.send(
      new ScanCommand({ ...query, ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}) }),
    );
    found.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
};
