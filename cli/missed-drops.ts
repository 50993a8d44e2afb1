import { randomUUID } from 'node:crypto';
import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Drop, dropsOf, type Fate, fateOf, type ListedVersion } from '../core/jobs/missed-drops.ts';
import { joinKey, Partition, SortKey } from '../core/kernel/table-keys.ts';
import { CliError } from './errors.ts';
import type { AwsAccess } from './target.ts';

/** What an import reads: the inbox, and the table that knows its jobs. */
export interface Inbox {
  readonly bucket: string;
  readonly table: string;
}

export type JudgedDrop = Drop & { readonly fate: Fate };

/**
 * Every present object below the prefix, with what became of it, in the order of keys.
 * Needs s3:ListBucketVersions and dynamodb:BatchGetItem.
 */
export async function* judgedDrops(
  aws: AwsAccess,
  { bucket, table }: Inbox,
  prefix: string,
  now: Date,
): AsyncGenerator<JudgedDrop> {
  const db = new DynamoDBClient(aws);
  for await (const versions of versionPages(aws, bucket, prefix)) {
    const drops = dropsOf(bucket, versions);
    for (let at = 0; at < drops.length; at += MOST_KEYS) {
      const some = drops.slice(at, at + MOST_KEYS);
      const states = await statesOf(db, table, some);
      for (const drop of some) yield { ...drop, fate: fateOf(drop, states.get(drop.jobId), now) };
    }
  }
}

async function* versionPages(
  aws: AwsAccess,
  Bucket: string,
  Prefix: string,
): AsyncGenerator<readonly ListedVersion[]> {
  const s3 = new S3Client({ ...aws, ...(aws.endpoint === undefined ? {} : { forcePathStyle: true }) });
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (marker) {
    const { Versions = [], ...page } = await s3.send(
      new ListObjectVersionsCommand({ Bucket, Prefix, ...marker }),
    );
    yield Versions.map(({ Key = '', VersionId = '', Size = 0, IsLatest = false, LastModified }) => ({
      key: Key,
      versionId: VersionId,
      bytes: Size,
      isLatest: IsLatest,
      writtenAt: LastModified ?? new Date(0),
    }));
    marker = page.IsTruncated
      ? {
          ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
          ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
        }
      : undefined;
  }
}

/** DynamoDB takes so many keys at once. */
const MOST_KEYS = 100;

/** The STATE items of the drops that have one, by job. */
const statesOf = async (
  db: DynamoDBClient,
  table: string,
  drops: readonly Drop[],
): Promise<Map<string, Record<string, unknown>>> => {
  const found = new Map<string, Record<string, unknown>>();
  // As lambdas/shared/table/keys.ts makes it; the package holds nothing of lambdas.
  let keys: { pk: { S: string }; sk: { S: string } }[] = drops.map(({ jobId }) => ({
    pk: { S: joinKey(Partition.job, jobId) },
    sk: { S: SortKey.state },
  }));
  while (keys.length > 0) {
    const { Responses = {}, UnprocessedKeys = {} } = await db.send(
      new BatchGetItemCommand({
        RequestItems: {
          [table]: {
            Keys: keys,
            ConsistentRead: true,
            ProjectionExpression: 'jobId, deletedAt',
          },
        },
      }),
    );
    for (const item of (Responses[table] ?? []).map((each) => unmarshall(each)))
      found.set(String(item.jobId), item);
    keys = (UnprocessedKeys[table]?.Keys ?? []).map(({ pk, sk }) => ({
      pk: { S: pk?.S ?? '' },
      sk: { S: sk?.S ?? '' },
    }));
  }
  return found;
};

/** SQS takes so many messages at once. */
const MOST_MESSAGES = 10;

/** Who dropped the object, in the timeline of the job: `s3:startframe-import`. */
const REQUESTER = 'startframe-import';

/**
 * Sends for each drop what EventBridge's rule would have sent, to the queue of uploads. accept-upload makes the job, as of any drop;
 * the same drop twice is one job. Needs sqs:SendMessage. Answers how many were sent.
 */
export const sendDrops = async (
  aws: AwsAccess,
  queueUrl: string,
  bucket: string,
  drops: readonly Drop[],
): Promise<number> => {
  const sqs = new SQSClient({
    ...aws,
    ...(aws.endpoint === undefined ? {} : { useQueueUrlAsEndpoint: false }),
  });
  for (let at = 0; at < drops.length; at += MOST_MESSAGES) {
    const some = drops.slice(at, at + MOST_MESSAGES);
    const { Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: some.map((drop, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify(createdEvent(bucket, drop)),
        })),
      }),
    );
    if (Failed.length > 0)
      throw new CliError(
        `${at + some.length - Failed.length} of ${drops.length} jobs were started; the queue refused the next (${Failed[0]?.Code}). Run the same command again: what was started is not started twice.`,
      );
  }
  return drops.length;
};

/** S3's event of a new object, as EventBridge writes it. */
const createdEvent = (bucket: string, { key, bytes, versionId, writtenAt }: Drop) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Object Created',
  source: 'aws.s3',
  time: writtenAt.toISOString(),
  detail: {
    version: '0',
    bucket: { name: bucket },
    object: { key, size: bytes, 'version-id': versionId },
    requester: REQUESTER,
  },
});
