import { ConditionalCheckFailedException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isTombstone, keysOf, Tombstone } from '../../../core/jobs/deletion.ts';
import type { Job } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { removeVersions } from '../storage/video-versions.ts';
import { expire } from '../table/due-items.ts';
import { loadItem, table } from '../table/dynamodb.ts';
import { identify } from '../table/identify.ts';
import { StaleJob } from '../table/job-errors.ts';
import { type ItemKey, jobPartition, stateKey } from '../table/keys.ts';
import { pagesOf } from '../table/query-pages.ts';

/** The tombstone of a deleted job; nothing for a job that exists, or never did. */
export const findTombstone = async (jobId: string): Promise<Tombstone | undefined> => {
  const item = await loadItem(stateKey(jobId));
  return item && isTombstone(item) ? Tombstone.parse(item) : undefined;
};

/** Deletes the job for every reader. Throws `StaleJob` when it moved on since it was read. */
export const writeTombstone = async ({ state }: Job, tombstone: Tombstone): Promise<void> => {
  try {
    await table().send(
      new PutCommand({
        TableName: environment(Env.jobTable),
        Item: { ...stateKey(state.jobId), ...tombstone },
        ConditionExpression: 'revision = :revision AND run = :run',
        ExpressionAttributeValues: { ':revision': state.revision, ':run': state.run },
      }),
    );
  } catch (error) {
    const isOvertaken =
      error instanceof ConditionalCheckFailedException || error instanceof TransactionConflictException;
    throw isOvertaken
      ? new StaleJob('Another function changed the job since it was read.', { cause: error })
      : error;
  }
};

/** Removes the files and items of a deleted job. Where it was cut off, deleting the job once more continues. */
export const clear = async ({ jobId, files, acceptedAt, expiresAt }: Tombstone): Promise<void> => {
  if (!files) return;
  const bucket = environment(Env.videoBucket);
  const counts = await Promise.all(
    keysOf(files).map((key) => removeVersions({ bucket, key, jobId, since: acceptedAt })),
  );
  await removeItems(jobId, expiresAt);
  await table().send(
    new UpdateCommand({
      TableName: environment(Env.jobTable),
      Key: stateKey(jobId),
      UpdateExpression: 'REMOVE files',
      ConditionExpression: 'attribute_exists(deletedAt)',
    }),
  );
  logger.info('deleted job cleared', { jobId, versions: counts.reduce((sum, count) => sum + count, 0) });
};

/** Everything of the job's partition but the tombstone. */
const removeItems = async (jobId: string, expiresAt: number): Promise<void> => {
  const pages = pagesOf({
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': jobPartition(jobId) },
    Limit: 25,
  });
  for await (const items of pages) {
    await Promise.all(
      items.map(({ pk, sk, due }) => {
        const key = { pk: String(pk), sk: String(sk) };
        if (identify(key).is === 'job-state') return undefined;
        // An unpublished event stays for the publisher and expires with the tombstone.
        return due === undefined ? remove(key) : expire(key, expiresAt);
      }),
    );
  }
};

const remove = (Key: ItemKey): Promise<unknown> =>
  table().send(new DeleteCommand({ TableName: environment(Env.jobTable), Key }));
