import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { isBudgetWrite } from './billing-writes.ts';
import { table } from './dynamodb.ts';
import { BudgetSpent, StaleJob, TaskTaken } from './job-errors.ts';
import { isSlotRelease } from './queue-items.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import { isTaskClaim } from './task-index.ts';
import type { Write } from './write.ts';

const reasonsOf = (error: unknown): (string | undefined)[] =>
  error instanceof TransactionCanceledException
    ? (error.CancellationReasons ?? []).map(({ Code }) => Code)
    : [];

export const hasReason = (error: unknown, reason: string): boolean => reasonsOf(error).includes(reason);

/** Whether writes of this kind were refused, and no other. The reasons have the order of the writes. */
const isRefused = (
  error: unknown,
  writes: readonly Write[],
  isOfKind: (write: Write) => boolean,
): boolean => {
  const refused = writes.filter((_, index) => reasonsOf(error)[index] === 'ConditionalCheckFailed');
  return refused.length > 0 && refused.every(isOfKind);
};

// The other transaction takes milliseconds: 0.75 s of pauses are enough.
const CONFLICT_TRIES = 5;

/**
 * Writes all or nothing. Throws `StaleJob` when a condition did not hold, `BudgetSpent` when it was the budget's,
 * `TaskTaken` when the task is another job's. A conflict with
 * another transaction on the same items (a cancel and the provider's answer, say) is no refusal: the transaction is retried, and
 * then its conditions decide.
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
    if (isRefused(error, writes, isSlotRelease))
      return transact(
        writes.filter((write) => !isSlotRelease(write)),
        tries,
      );
    if (isRefused(error, writes, isBudgetWrite))
      throw new BudgetSpent('The budget of this day has no room for the job.', { cause: error });
    if (isRefused(error, writes, isTaskClaim))
      throw new TaskTaken('The task belongs to another job.', { cause: error });
    if (hasReason(error, 'ConditionalCheckFailed'))
      throw new StaleJob('Another function changed the job since it was read.', { cause: error });
    throw error;
  }
};
