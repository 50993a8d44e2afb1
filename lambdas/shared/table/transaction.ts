import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { isBudgetWrite } from './billing-writes.ts';
import { table } from './dynamodb.ts';
import { BudgetSpent, StaleJob } from './job-errors.ts';
import { isSlotReturn } from './queue-items.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import type { Write } from './write.ts';

const reasonsOf = (error: unknown): (string | undefined)[] =>
  error instanceof TransactionCanceledException
    ? (error.CancellationReasons ?? []).map(({ Code }) => Code)
    : [];

export const hasReason = (error: unknown, reason: string): boolean => reasonsOf(error).includes(reason);

/** Whether writes of this kind were refused, and nothing else: reasons stand in the order of the writes. */
const isRefused = (
  error: unknown,
  writes: readonly Write[],
  isOfKind: (write: Write) => boolean,
): boolean => {
  const refused = writes.filter((_, index) => reasonsOf(error)[index] === 'ConditionalCheckFailed');
  return refused.length > 0 && refused.every(isOfKind);
};

// Somebody else's transaction takes milliseconds: 0.75 s at most.
const CONFLICT_TRIES = 5;

/**
 * All or nothing. Throws `StaleJob` when a condition did not hold, `BudgetSpent` when it was the budget's. Somebody else's
 * transaction on the same items at the same moment (a cancel and the provider's answer, say) is no refusal: it is tried
 * again, and then the conditions tell.
 */
export const transact = async (writes: Write[], tries = CONFLICT_TRIES): Promise<void> => {
  try {
    await retryOnConflict(() => table().send(new TransactWriteCommand({ TransactItems: writes })), {
      tries,
      isConflict: (error) =>
        hasReason(error, 'TransactionConflict') && !hasReason(error, 'ConditionalCheckFailed'),
    });
  } catch (error) {
    // A person released the slot by hand, and another job has it. What is known of this job is saved all the same.
    if (isRefused(error, writes, isSlotReturn))
      return transact(
        writes.filter((write) => !isSlotReturn(write)),
        tries,
      );
    if (isRefused(error, writes, isBudgetWrite))
      throw new BudgetSpent('There is no room in the budget of this day.', { cause: error });
    if (hasReason(error, 'ConditionalCheckFailed'))
      throw new StaleJob('The job moved on since it was read.', { cause: error });
    throw error;
  }
};
