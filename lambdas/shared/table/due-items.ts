import { ConditionalCheckFailedException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { DUE_INDEX, Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { table } from './dynamodb.ts';
import { pagesOf } from './query-pages.ts';

/** An item that something should have happened to by now: the STATE of an open job or batch, or an EVENT not yet published. */
export const DueItem = z.object({
  pk: z.string(),
  sk: z.string(),
  dueAt: z.string(),
});
export type DueItem = z.infer<typeof DueItem>;

const PAGE = 50;

/** What is due in one partition of the index, the oldest first, page by page. The index may lag: look again before acting. */
export async function* dueItems(partition: string, now: string): AsyncGenerator<DueItem[]> {
  const pages = pagesOf({
    IndexName: DUE_INDEX,
    KeyConditionExpression: 'due = :due AND dueAt <= :now',
    ExpressionAttributeValues: { ':due': partition, ':now': now },
    Limit: PAGE,
  });
  for await (const items of pages) yield items.map((item) => DueItem.parse(item));
}

const update = async (
  { pk, sk }: Pick<DueItem, 'pk' | 'sk'>,
  expression: string,
  condition: string,
  values?: Record<string, unknown>,
): Promise<void> => {
  try {
    await table().send(
      new UpdateCommand({
        TableName: environment(Env.jobTable),
        Key: { pk, sk },
        UpdateExpression: expression,
        ConditionExpression: condition,
        ...(values ? { ExpressionAttributeValues: values } : {}),
      }),
    );
  } catch (error) {
    // Somebody else was quicker, or is at it now: whatever they do is newer than what was seen here.
    const isOvertaken =
      error instanceof ConditionalCheckFailedException || error instanceof TransactionConflictException;
    if (!isOvertaken) throw error;
  }
};

/**
 * Looks at an item again later. No change of the job, so its revision stays: a step that is at work is not disturbed.
 */
export const postpone = (item: DueItem, dueAt: string): Promise<void> =>
  update(item, 'SET dueAt = :later', 'dueAt = :seen', { ':later': dueAt, ':seen': item.dueAt });

/** An item that is of no use any more once it is not due: the table forgets it then. */
export const expire = (item: Pick<DueItem, 'pk' | 'sk'>, expiresAt: number): Promise<void> =>
  update(item, 'SET expiresAt = :expiresAt', 'attribute_exists(pk)', { ':expiresAt': expiresAt });

/** An event that is out is due no more. */
export const settle = (item: Pick<DueItem, 'pk' | 'sk'>): Promise<void> =>
  update(item, 'REMOVE due, dueAt', 'attribute_exists(pk)');
