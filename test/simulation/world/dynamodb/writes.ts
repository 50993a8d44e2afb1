import { ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type * as z from 'zod';
import { PlaceholderScope, readCondition, readUpdate } from './expressions.ts';
import { idOf, textOf } from './items.ts';
import type { Check, Delete, Put, TransactItem, Update } from './requests.ts';
import { InvalidExpression, type Item } from './values.ts';

export interface TableIndex {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string | undefined;
  /** Every attribute when left out. */
  readonly attributes?: readonly string[] | undefined;
}

/** The parts of a table that its requests are checked against. */
export interface TableShape {
  readonly name: string;
  readonly indexes: readonly TableIndex[];
}

export type MarshallOptions = NonNullable<Parameters<typeof marshall>[1]>;

/** One parsed write. */
export interface Write {
  readonly id: string;
  readonly condition: (item: Item) => boolean;
  readonly returnsOld: boolean;
  /** The item after the write; undefined when it is deleted. */
  readonly apply: (item: Item | undefined) => Item | undefined;
}

export const metadata = { httpStatusCode: 400, requestId: 'proof', attempts: 1 };

/** Throws as DynamoDB does for another table's name. */
export const expectName = (table: TableShape, name: string): void => {
  if (name === table.name) return;
  throw new ResourceNotFoundException({ message: 'Requested resource not found', $metadata: metadata });
};

export const readTransactItem = (
  table: TableShape,
  item: z.infer<typeof TransactItem>,
  options: MarshallOptions,
): Write => {
  if ('Put' in item) return readPut(table, item.Put, options);
  if ('Update' in item) return readUpdateWrite(table, item.Update, options);
  if ('Delete' in item) return readDelete(table, item.Delete, options);
  const { scope, ...write } = read(table, item.ConditionCheck, item.ConditionCheck.Key, options);
  scope.refuseUnused();
  return { ...write, apply: (before) => before };
};

export const readPut = (table: TableShape, put: z.infer<typeof Put>, options: MarshallOptions): Write => {
  const { scope, ...write } = read(table, put, put.Item, options);
  scope.refuseUnused();
  const item: Item = marshall(put.Item, options);
  if (Buffer.byteLength(JSON.stringify(item)) > 400_000)
    throw new InvalidExpression('Item size has exceeded the maximum allowed size');
  for (const { partitionKey, sortKey } of table.indexes)
    for (const name of [partitionKey, sortKey ?? partitionKey])
      if (item[name] && textOf(item[name]) === '')
        throw new InvalidExpression(`The index key ${name} must be a text that is not empty`);
  return { ...write, apply: () => item };
};

export const readUpdateWrite = (
  table: TableShape,
  update: z.infer<typeof Update>,
  options: MarshallOptions,
): Write => {
  const { scope, ...write } = read(table, update, update.Key, options);
  const change = readUpdate(update.UpdateExpression, scope);
  scope.refuseUnused();
  const key: Item = marshall(update.Key, options);
  return { ...write, apply: (before) => change(before ?? key) };
};

export const readDelete = (
  table: TableShape,
  remove: z.infer<typeof Delete>,
  options: MarshallOptions,
): Write => {
  const { scope, ...write } = read(table, remove, remove.Key, options);
  scope.refuseUnused();
  return { ...write, apply: () => undefined };
};

const read = (
  table: TableShape,
  write: Pick<
    z.infer<typeof Check>,
    | 'TableName'
    | 'ExpressionAttributeNames'
    | 'ExpressionAttributeValues'
    | 'ReturnValuesOnConditionCheckFailure'
  > & { readonly ConditionExpression?: string | undefined },
  key: Readonly<Record<string, unknown>>,
  options: MarshallOptions,
): Omit<Write, 'apply'> & { readonly scope: PlaceholderScope } => {
  expectName(table, write.TableName);
  const values = write.ExpressionAttributeValues && marshall(write.ExpressionAttributeValues, options);
  const scope = new PlaceholderScope({ names: write.ExpressionAttributeNames, values });
  return {
    id: idOf(marshall({ pk: key.pk, sk: key.sk }, options)),
    condition:
      write.ConditionExpression === undefined ? () => true : readCondition(write.ConditionExpression, scope),
    returnsOld: write.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    scope,
  };
};
