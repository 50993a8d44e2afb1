import * as z from 'zod';

// The document client's inputs. A field that is not listed is refused: a table that skips one would prove nothing.

const Expressions = {
  TableName: z.string(),
  ConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
  ExpressionAttributeValues: z.record(z.string(), z.unknown()).optional(),
  ReturnValuesOnConditionCheckFailure: z.enum(['ALL_OLD', 'NONE']).optional(),
};
const Key = z.record(z.string(), z.unknown());

export const Put = z.strictObject({ ...Expressions, Item: Key });
export const Update = z.strictObject({ ...Expressions, Key, UpdateExpression: z.string() });
export const Returns = z.enum(['ALL_NEW', 'ALL_OLD', 'UPDATED_NEW', 'NONE']);
export const UpdateAlone = Update.extend({ ReturnValues: Returns.optional() });
export const Delete = z.strictObject({ ...Expressions, Key });
export const Check = z.strictObject({ ...Expressions, Key, ConditionExpression: z.string() });
export const TransactItem = z.union([
  z.strictObject({ Put }),
  z.strictObject({ Update }),
  z.strictObject({ Delete }),
  z.strictObject({ ConditionCheck: Check }),
]);
export const Transaction = z.strictObject({
  TransactItems: z.array(TransactItem).min(1).max(100),
  ClientRequestToken: z.string().optional(),
});
export const Get = z.strictObject({
  TableName: z.string(),
  Key,
  ConsistentRead: z.boolean().optional(),
  ProjectionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
});
export const BatchGet = z.strictObject({
  RequestItems: z.record(
    z.string(),
    z.strictObject({ Keys: z.array(Key).min(1).max(100), ConsistentRead: z.boolean().optional() }),
  ),
});
export const Query = z.strictObject({
  TableName: z.string(),
  IndexName: z.string().optional(),
  ConsistentRead: z.boolean().optional(),
  KeyConditionExpression: z.string(),
  FilterExpression: z.string().optional(),
  ProjectionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
  ExpressionAttributeValues: z.record(z.string(), z.unknown()).optional(),
  Limit: z.number().optional(),
  ScanIndexForward: z.boolean().optional(),
  ExclusiveStartKey: Key.optional(),
});
