import * as z from 'zod';
import { tableSchema } from '../../../../core/jobs/table-schema.ts';
import type { WireRequest } from '../wire-request.ts';

/** A value as DynamoDB writes it: `{ S: "text" }`. */
export const Attribute = z.record(z.string(), z.unknown());
export type Attribute = z.infer<typeof Attribute>;
const Item = z.record(z.string(), Attribute);
export type Item = z.infer<typeof Item>;

/** One read or write: a request of its own, or one of many in a batch or a transaction. */
const Action = z.object({
  TableName: z.string().optional(),
  IndexName: z.string().optional(),
  ConsistentRead: z.boolean().optional(),
  Item: Item.optional(),
  Key: Item.optional(),
  ConditionExpression: z.string().optional(),
  FilterExpression: z.string().optional(),
  KeyConditionExpression: z.string().optional(),
  ProjectionExpression: z.string().optional(),
  UpdateExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
  ExpressionAttributeValues: z.record(z.string(), Attribute).optional(),
});
export type Action = z.infer<typeof Action>;

const Transaction = z.object({
  TransactItems: z.array(z.record(z.string(), Action)),
  ClientRequestToken: z.string().optional(),
});
const BatchWrite = z.object({
  RequestItems: z.record(
    z.string(),
    z.array(z.object({ PutRequest: Action.optional(), DeleteRequest: Action.optional() })),
  ),
});
const BatchGet = z.object({
  RequestItems: z.record(z.string(), Action.extend({ Keys: z.array(Item) })),
});

/** The actions of a transaction, or undefined. */
export const transactionOf = ({ operation, input }: WireRequest): Action[] | undefined =>
  operation === 'TransactWriteItems' || operation === 'TransactGetItems'
    ? Transaction.parse(input).TransactItems.flatMap((item) => Object.values(item))
    : undefined;

export const requestTokenOf = ({ operation, input }: WireRequest): string | undefined =>
  operation === 'TransactWriteItems' ? Transaction.parse(input).ClientRequestToken : undefined;

/** The actions of a batch, or undefined. */
export const batchOf = ({ operation, input }: WireRequest): Action[] | undefined => {
  if (operation === 'BatchWriteItem')
    return Object.entries(BatchWrite.parse(input).RequestItems).flatMap(([TableName, writes]) =>
      writes.map(({ PutRequest, DeleteRequest }) => ({ ...(PutRequest ?? DeleteRequest), TableName })),
    );
  if (operation === 'BatchGetItem')
    return Object.entries(BatchGet.parse(input).RequestItems).flatMap(([TableName, { Keys, ...rest }]) =>
      Keys.map((Key) => ({ ...rest, Key, TableName })),
    );
  return undefined;
};

const SINGLE = ['PutItem', 'UpdateItem', 'DeleteItem', 'GetItem', 'Query', 'Scan'];

/** Everything that a request reads or writes. */
export const actionsOf = (request: WireRequest): Action[] =>
  transactionOf(request) ??
  batchOf(request) ??
  (SINGLE.includes(request.operation) ? [Action.parse(request.input)] : []);

/** Which item an action is about; our tables all have these keys. */
export const targetOf = ({ TableName, Item, Key }: Action): string => {
  const key = Key ?? Item ?? {};
  return JSON.stringify([TableName, key[tableSchema.partitionKey], key[tableSchema.sortKey]]);
};

/** As DynamoDB counts: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export const itemBytes = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

const Text = z.string();
const Texts = z.array(z.string());

const valueBytes = (value: Attribute): number => {
  const [[type, content] = []] = Object.entries(value);
  switch (type) {
    case 'S':
      return Buffer.byteLength(Text.parse(content));
    case 'N':
      return numberBytes(Text.parse(content));
    case 'B':
      return Buffer.from(Text.parse(content), 'base64').byteLength;
    case 'SS':
      return Texts.parse(content).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    case 'NS':
      return Texts.parse(content).reduce((sum, text) => sum + numberBytes(text), 0);
    case 'BS':
      return Texts.parse(content).reduce((sum, text) => sum + Buffer.from(text, 'base64').byteLength, 0);
    case 'L':
      return z
        .array(Attribute)
        .parse(content)
        .reduce((sum, each) => sum + 1 + valueBytes(each), 3);
    case 'M':
      return Object.entries(Item.parse(content)).reduce(
        (sum, [name, each]) => sum + 1 + Buffer.byteLength(name) + valueBytes(each),
        3,
      );
    default:
      return 1;
  }
};

/** The digits that count: without zeros in front and behind. */
export const significantDigits = (number: string): string =>
  number
    .replace(/e.*$/i, '')
    .replaceAll(/[-+]/g, '')
    .replace('.', '')
    .replaceAll(/^0+|0+$/g, '');

const numberBytes = (number: string): number =>
  Math.ceil(significantDigits(number).length / 2) + 1 + (number.startsWith('-') ? 1 : 0);

/** Every value in a value, itself included. */
export function* valuesIn(value: Attribute): Generator<Attribute> {
  yield value;
  const { L, M } = value;
  if (L !== undefined) for (const each of z.array(Attribute).parse(L)) yield* valuesIn(each);
  if (M !== undefined) for (const each of Object.values(Item.parse(M))) yield* valuesIn(each);
}

/** Every value that an action sends. */
export function* valuesOf({ Item: item, Key, ExpressionAttributeValues }: Action): Generator<Attribute> {
  for (const each of [item, Key, ExpressionAttributeValues])
    for (const value of Object.values(each ?? {})) yield* valuesIn(value);
}
