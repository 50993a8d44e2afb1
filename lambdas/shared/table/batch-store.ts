import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { BatchJob, JobCounts } from '../../../core/api/batch-view.ts';
import { BatchState, RefusedRow } from '../../../core/batches/batch.ts';
import { BATCH_INDEX, Env, JobStatus } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { loadItem, table } from './dynamodb.ts';
import { jobIdOf } from './identify.ts';
import { batchKey, duePartition, lineKey, rowKey, stateKey } from './keys.ts';
import { pagesOf } from './query-pages.ts';
import { hasReason } from './transaction.ts';
import { putNew, type Write } from './write.ts';

// A batch is one partition: its record, and the rows that are no jobs.

/** Another function saved the batch since it was read. */
export class StaleBatch extends Error {
  override readonly name = 'StaleBatch';
}

export const findBatch = async (batchId: string): Promise<BatchState | undefined> => {
  const item = await loadItem(batchKey(batchId));
  return item && BatchState.parse(item);
};

const write = async (
  batch: BatchState,
  condition: string,
  values?: Record<string, unknown>,
): Promise<void> => {
  const { batchId, dueAt } = batch;
  await table().send(
    new PutCommand({
      TableName: environment(Env.jobTable),
      Item: { ...batchKey(batchId), ...(dueAt ? { due: duePartition(batchId) } : {}), ...batch },
      ConditionExpression: condition,
      ...(values ? { ExpressionAttributeValues: values } : {}),
    }),
  );
};

/** Writes the record of a new batch, or finds the existing one. */
export const createBatch = async (batch: BatchState): Promise<BatchState> => {
  try {
    await write(batch, 'attribute_not_exists(pk)');
    return batch;
  } catch (error) {
    const known =
      error instanceof ConditionalCheckFailedException ? await findBatch(batch.batchId) : undefined;
    if (!known) throw error;
    return known;
  }
};

/** Saves the batch if it is still as it was read. Throws `StaleBatch`. */
export const saveBatch = async (batch: BatchState): Promise<BatchState> => {
  try {
    await write(batch, 'revision = :before', { ':before': batch.revision - 1 });
    return batch;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new StaleBatch('Another function saved the batch since it was read.', { cause: error });
  }
};

/** A refused row stays refused, even if its request would be valid by now: a row is never both. */
export const unlessRefused = (batchId: string, line: number): Write => ({
  ConditionCheck: {
    TableName: environment(Env.jobTable),
    Key: rowKey(batchId, line),
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

/** Records that a row makes no job. Answers false when it made one, or was refused already. */
export const refuseRow = async (batchId: string, jobId: string, row: RefusedRow): Promise<boolean> => {
  const unlessJob: Write = {
    ConditionCheck: {
      TableName: environment(Env.jobTable),
      Key: stateKey(jobId),
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
  try {
    await table().send(
      new TransactWriteCommand({
        TransactItems: [putNew({ ...rowKey(batchId, row.line), ...row }), unlessJob],
      }),
    );
    return true;
  } catch (error) {
    if (hasReason(error, 'ConditionalCheckFailed')) return false;
    throw error;
  }
};

/** Refused rows by their lines, from the one after `after`. */
export const refusedRows = async (batchId: string, after: number, limit: number): Promise<RefusedRow[]> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: {
        ':pk': batchKey(batchId).pk,
        ':from': rowKey(batchId, after + 1).sk,
        ':to': rowKey(batchId, 999_999).sk,
      },
      Limit: limit,
    }),
  );
  return Items.map((item) => RefusedRow.parse(item));
};

/** How many jobs of a batch have each status: 10,000 jobs are two or three pages of the index. */
export const countJobs = async (batchId: string): Promise<JobCounts> => {
  const counts: JobCounts = {};
  const pages = pagesOf({
    IndexName: BATCH_INDEX,
    KeyConditionExpression: 'byBatch = :batch',
    ProjectionExpression: '#status',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':batch': batchId },
  });
  for await (const items of pages)
    for (const item of items) {
      const status = JobStatus.parse(item.status);
      counts[status] = (counts[status] ?? 0) + 1;
    }
  return counts;
};

/** A job as the index of its batch holds it. */
const BatchIndexItem = z.object({
  pk: z.string(),
  sk: z.string(),
  batchLine: z.string(),
  status: JobStatus,
});

/** The jobs of a batch by their lines, from the one after `after`. */
export const jobsOfBatch = async (batchId: string, after: number, limit: number): Promise<BatchJob[]> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      IndexName: BATCH_INDEX,
      KeyConditionExpression: 'byBatch = :batch AND batchLine > :after',
      ExpressionAttributeValues: { ':batch': batchId, ':after': lineKey(after) },
      Limit: limit,
    }),
  );
  return Items.map((item) => {
    const { pk, sk, batchLine, status } = BatchIndexItem.parse(item);
    return { jobId: jobIdOf({ pk, sk }), line: Number(batchLine), status };
  });
};
