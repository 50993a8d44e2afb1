import { type BudgetMove, budgetMoves } from '../../../core/billing/budget.ts';
import { amountNames, type SpendMove, spendMoves } from '../../../core/billing/spend.ts';
import type { JobState } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { SortKey } from '../../../core/kernel/table-keys.ts';
import { environment } from '../platform/environment.ts';
import { budgetKey, spendKey } from './keys.ts';
import type { Write } from './write.ts';

/**
 * The writes in money that belong to a change of a job: its owner's budget moves by the change of the reservation, the statistics by
 * the cost. With a limit the budget grows only where there is room; an ending is written whatever the limit.
 */
export const billingWrites = (before: JobState, after: JobState, limitMicros?: number): Write[] => [
  ...budgetMoves(before, after).map((move) => budgetWrite(after.owner, move, limitMicros)),
  ...spendMoves(before, after).map((move) => spendWrite(after.owner, move)),
];

const budgetWrite = (owner: string, { day, micros }: BudgetMove, limitMicros: number | undefined): Write => {
  const isLimited = limitMicros !== undefined && micros > 0;
  return {
    Update: {
      TableName: environment(Env.jobTable),
      Key: budgetKey(owner, day),
      UpdateExpression: 'ADD committedMicros :micros',
      ...(isLimited
        ? { ConditionExpression: 'attribute_not_exists(committedMicros) OR committedMicros <= :room' }
        : {}),
      ExpressionAttributeValues: {
        ':micros': micros,
        // DynamoDB does not calculate in conditions.
        ...(isLimited ? { ':room': limitMicros - micros } : {}),
      },
    },
  };
};

const ADD_AMOUNTS = `ADD ${amountNames.map((name) => `#${name} :${name}`).join(', ')}`;

const spendWrite = (owner: string, move: SpendMove): Write => ({
  Update: {
    TableName: environment(Env.jobTable),
    Key: spendKey(owner, move.day, move.model),
    UpdateExpression: ADD_AMOUNTS,
    ExpressionAttributeNames: Object.fromEntries(amountNames.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(amountNames.map((name) => [`:${name}`, move[name]])),
  },
});

/** Whether the limit of a budget can refuse this write. */
export const isBudgetWrite = ({ Update }: Write): boolean => Update?.Key?.sk === SortKey.budget;
