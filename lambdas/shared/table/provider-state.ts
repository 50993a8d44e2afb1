import { PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { Env } from '../../../core/kernel/contract.ts';
import { newProviderState, ProviderState } from '../../../core/queue/provider-state.ts';
import { now } from '../platform/clock.ts';
import { environment } from '../platform/environment.ts';
import { loadItem, table } from './dynamodb.ts';
import { renameProviderState } from './earlier-names.ts';
import { providerStateKey, wakeKey } from './keys.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import { hasReason } from './transaction.ts';
import type { Write } from './write.ts';

export const parseProviderState = (item: Record<string, unknown> | undefined): ProviderState =>
  item ? ProviderState.parse(renameProviderState(item)) : newProviderState;

export const loadProviderState = async (provider: string): Promise<ProviderState> =>
  parseProviderState(await loadItem(providerStateKey(provider)));

/** The write of the state that follows the one that was read. */
export const providerStateWrite = (provider: string, providerState: ProviderState): Write => ({
  Put: {
    TableName: environment(Env.jobTable),
    Item: { ...providerStateKey(provider), ...providerState, revision: providerState.revision + 1 },
    ConditionExpression: 'attribute_not_exists(pk) OR revision = :seen',
    ExpressionAttributeValues: { ':seen': providerState.revision },
  },
});

// Every job of a provider that is refused may write its one item: 5.2 s at most.
const TRIES = 8;

/**
 * Changes what holds for all submits to a provider. `decide` answers the next state, or the very same where nothing changes;
 * it decides anew when somebody else wrote meanwhile.
 */
export const updateProviderState = (
  provider: string,
  decide: (providerState: ProviderState) => ProviderState,
): Promise<ProviderState> => {
  const update = async (): Promise<ProviderState> => {
    const providerState = await loadProviderState(provider);
    const next = decide(providerState);
    if (next === providerState) return providerState;
    await table().send(new TransactWriteCommand({ TransactItems: [providerStateWrite(provider, next)] }));
    return { ...next, revision: next.revision + 1 };
  };
  return retryOnConflict(update, {
    tries: TRIES,
    isConflict: (error) =>
      hasReason(error, 'ConditionalCheckFailed') || hasReason(error, 'TransactionConflict'),
  });
};

/** Has admit-jobs dequeue: the stream reports this item to it. */
export const wake = async (provider: string): Promise<void> => {
  await table().send(
    new PutCommand({ TableName: environment(Env.jobTable), Item: { ...wakeKey(provider), at: now() } }),
  );
};
