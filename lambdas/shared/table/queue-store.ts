import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { Env } from '../../../core/kernel/contract.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { environment } from '../platform/environment.ts';
import { table } from './dynamodb.ts';
import { queuePartition, slotPartition } from './keys.ts';
import { loadProviderState } from './provider-state.ts';
import { pagesOf } from './query-pages.ts';
import { QueueItem, SlotItem } from './queue-items.ts';

// The queue and the slots of a provider, as they stand in the table.

const itemsOf = async (pk: string, limit?: number): Promise<Record<string, unknown>[]> => {
  const items: Record<string, unknown>[] = [];
  const pages = pagesOf({
    // Never by an index: a stale read loses a wake-up.
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': pk },
    ...(limit === undefined ? {} : { Limit: limit }),
  });
  for await (const page of pages) {
    items.push(...page);
    if (limit !== undefined) break;
  }
  return items;
};

/** The slots that are taken. */
export const slotsOf = async (provider: string): Promise<SlotItem[]> =>
  (await itemsOf(slotPartition(provider))).map((item) => SlotItem.parse(item));

/** The next jobs of the queue. */
export const peekQueue = async (provider: string, limit: number): Promise<QueueItem[]> =>
  (await itemsOf(queuePartition(provider), limit)).map((item) => QueueItem.parse(item));

/** The state of a provider, and which slots are taken. Without a limit of slots these are not read. */
export const loadQueueState = async (
  provider: string,
  maxInFlight: number | undefined,
): Promise<{ providerState: ProviderState; taken: Set<string> }> => {
  const [providerState, slots] = await Promise.all([
    loadProviderState(provider),
    maxInFlight === undefined ? [] : slotsOf(provider),
  ]);
  return { providerState, taken: new Set(slots.map(({ sk }) => sk)) };
};

/** How many videos of a provider are in flight by its slots, and how many jobs wait: up to a thousand are counted. */
export const backlogOf = async (provider: string): Promise<{ inFlight: number; waiting: number }> => {
  const [slots, waiting] = await Promise.all([slotsOf(provider), itemsOf(queuePartition(provider), 1000)]);
  return { inFlight: slots.length, waiting: waiting.length };
};

/** Deletes an item if it is still as it was read. */
export const removeItem = async (
  { pk, sk }: { readonly pk: string; readonly sk: string },
  names: Record<string, string>,
  condition: string,
  values: Record<string, unknown>,
): Promise<void> => {
  try {
    await table().send(
      new DeleteCommand({
        TableName: environment(Env.jobTable),
        Key: { pk, sk },
        ConditionExpression: condition,
        ExpressionAttributeValues: values,
        ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
      }),
    );
  } catch (error) {
    // Another function changed or deleted it first.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
};
