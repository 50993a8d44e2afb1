import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';

/** One write of a transaction. */
export type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** The write of an item that does not exist yet. */
export const putNew = (item: Record<string, unknown>): Write => ({
  Put: { TableName: environment(Env.jobTable), Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
});
