import { ConditionalCheckFailedException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { DUE_INDEX, Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { table } from './dynamodb.ts';
import { pagesOf } from './query-pages.ts';

/** An item whose time has come: the STATE of an open job or batch that should have gone on, or an unpublished EVENT. */
export const DueItem = z.object({
  pk: z.string(),
  sk: z.string(),
  dueAt: z.string(),
});
export type DueItem = z.infer<typeof DueItem>;

const PAGE = 50;

/** What is due in one partition of the index, the oldest first, page by page. The index may lag: read the item before acting. */
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
    // Another function was quicker, or writes now: its change is newer than what was read here.
    const isOvertaken =
      error instanceof ConditionalCheckFailedException || error instanceof TransactionConflictException;
    if (!isOvertaken) throw error;
  }
};

/**
 * Makes an item due later. The revision of a job stays, so that a step at work meets no conflict.
 */
export const postpone = (item: DueItem, dueAt: string): Promise<void> =>
  update(item, 'SET dueAt = :later', 'dueAt = :seen', { ':later': dueAt, ':seen': item.dueAt });

/** Makes the table delete an item at that time. */
export const expire = (item: Pick<DueItem, 'pk' | 'sk'>, expiresAt: number): Promise<void> =>
  update(item, 'SET expiresAt = :expiresAt', 'attribute_exists(pk)', { ':expiresAt': expiresAt });

/** Marks an event as published: it is not due any more. */
export const settle = (item: Pick<DueItem, 'pk' | 'sk'>): Promise<void> =>
  update(item, 'REMOVE due, dueAt', 'attribute_exists(pk)');
