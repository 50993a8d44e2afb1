import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Spend } from '../../../core/billing/spend.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { loadItem, table } from './dynamodb.ts';
import { budgetKey, spendPartition } from './keys.ts';

/** The cost of an owner's videos of one UTC day, a row for each model. */
export const readSpend = async (owner: string, day: string): Promise<Spend[]> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': spendPartition(owner, day) },
    }),
  );
  return Items.map(({ sk, ...amounts }) => Spend.parse({ ...amounts, model: sk }));
};

/** The part of that day's budget that the owner's jobs hold; nothing where no job reserved any. */
export const readCommittedMicros = async (owner: string, day: string): Promise<number | undefined> => {
  const committed = (await loadItem(budgetKey(owner, day)))?.committedMicros;
  return committed === undefined ? undefined : Number(committed);
};
