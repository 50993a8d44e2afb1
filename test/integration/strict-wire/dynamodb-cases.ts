import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type Cases, text } from './cases.ts';

const KIB = 1024;
const Key = { pk: 'P', sk: 'S' };
const keys = (count: number) => Array.from({ length: count }, (_, index) => ({ pk: 'P', sk: `S${index}` }));

export const dynamoCases: Cases = ({ documents, table: TableName }) => {
  const put = (item: object, more: object = {}) =>
    documents.send(new PutCommand({ TableName, Item: { ...Key, ...item }, ...more }));
  const putNumber = (N: string) =>
    documents.send(
      new PutItemCommand({ TableName, Item: { pk: { S: 'P' }, sk: { S: 'S' }, number: { N } } }),
    );
  const transact = (items: readonly object[], more: object = {}) =>
    documents.send(
      new TransactWriteCommand({
        TransactItems: items.map((Item) => ({ Put: { TableName, Item: { ...Item } } })),
        ...more,
      }),
    );
  const batchWrite = (items: readonly object[]) =>
    documents.send(
      new BatchWriteCommand({
        RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item: { ...Item } } })) },
      }),
    );
  const batchGet = (count: number) =>
    documents.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: keys(count) } } }));
  const update = (UpdateExpression: string, more: object = {}) =>
    documents.send(new UpdateCommand({ TableName, Key, UpdateExpression, ...more }));
  const values = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`:v${index}`, index]));
  const isIn = (count: number) =>
    documents.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        FilterExpression: `prompt IN (${Object.keys(values(count)).join(', ')})`,
        ExpressionAttributeValues: { ':pk': 'P', ...values(count) },
      }),
    );
  /** An OR of this many comparisons has twice as many operators, less one. */
  const compared = (comparisons: number) =>
    documents.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :v',
        FilterExpression: Array.from({ length: comparisons }, () => 'a=:v').join(' OR '),
        ExpressionAttributeValues: { ':v': 'P' },
      }),
    );
  return {
    'item-over-400-kb': {
      // pk + P + sk + S + prompt are 12 bytes.
      breaks: () => put({ prompt: text(400 * KIB - 11) }),
      keeps: () => put({ prompt: text(400 * KIB - 12) }),
    },
    'transaction-over-100-items': { breaks: () => transact(keys(101)), keeps: () => transact(keys(100)) },
    'transaction-over-4-mb': {
      breaks: () => transact(keys(11).map((key) => ({ ...key, prompt: text(390 * KIB) }))),
      keeps: () => transact(keys(10).map((key) => ({ ...key, prompt: text(390 * KIB) }))),
    },
    'transaction-with-one-item-twice': {
      breaks: () => transact([Key, Key]),
      keeps: () => transact(keys(2)),
    },
    'transaction-token-over-36-characters': {
      breaks: () => transact([Key], { ClientRequestToken: text(37) }),
      keeps: () => transact([Key], { ClientRequestToken: text(36) }),
    },
    'batch-write-over-25-items': { breaks: () => batchWrite(keys(26)), keeps: () => batchWrite(keys(25)) },
    'batch-get-over-100-keys': { breaks: () => batchGet(101), keeps: () => batchGet(100) },
    'batch-with-one-item-twice': { breaks: () => batchWrite([Key, Key]), keeps: () => batchWrite([Key]) },
    'key-empty': {
      breaks: () => put({ due: '', dueAt: 'now' }),
      keeps: () => put({ due: 'D', dueAt: 'now' }),
    },
    'key-too-long': { breaks: () => put({ sk: text(1025) }), keeps: () => put({ sk: text(1024) }) },
    'number-over-38-digits': {
      breaks: () => putNumber('9'.repeat(39)),
      keeps: () => putNumber(`${'9'.repeat(38)}0`),
    },
    'set-empty': {
      breaks: () =>
        documents.send(
          new PutItemCommand({ TableName, Item: { pk: { S: 'P' }, sk: { S: 'S' }, set: { SS: [] } } }),
        ),
      keeps: () => put({ set: new Set(['one']) }),
    },
    'reserved-word': {
      breaks: () => update('SET status = :v', { ExpressionAttributeValues: { ':v': 1 } }),
      keeps: () =>
        update('SET #status = :v', {
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: { ':v': 1 },
        }),
    },
    'arithmetic-in-a-condition': {
      breaks: () =>
        put({}, { ConditionExpression: 'tally + :v < :v', ExpressionAttributeValues: { ':v': 1 } }),
      keeps: () =>
        update('SET tally = if_not_exists(tally, :v) + :v', { ExpressionAttributeValues: { ':v': 1 } }),
    },
    'placeholder-unused': {
      breaks: () => update('SET prompt = :v', { ExpressionAttributeValues: { ':v': 1, ':unused': 1 } }),
      keeps: () => update('SET prompt = :v', { ExpressionAttributeValues: { ':v': 1 } }),
    },
    'placeholders-empty': {
      breaks: () => update('REMOVE prompt', { ExpressionAttributeNames: {} }),
      keeps: () => update('REMOVE prompt'),
    },
    'expression-over-4-kb': {
      breaks: () => update(`REMOVE ${text(4090)}`),
      keeps: () => update(`REMOVE ${text(255)}`),
    },
    'expression-over-300-operators': { breaks: () => compared(151), keeps: () => compared(150) },
    'in-over-100-values': { breaks: () => isIn(101), keeps: () => isIn(100) },
    'update-of-overlapping-paths': {
      breaks: () =>
        update('SET #a = :v REMOVE scene.lens', {
          ExpressionAttributeNames: { '#a': 'scene' },
          ExpressionAttributeValues: { ':v': 1 },
        }),
      keeps: () =>
        update('SET #a = :v REMOVE scenes', {
          ExpressionAttributeNames: { '#a': 'scene' },
          ExpressionAttributeValues: { ':v': 1 },
        }),
    },
    'update-of-a-key': {
      breaks: () => update('SET sk = :v', { ExpressionAttributeValues: { ':v': 'S' } }),
      keeps: () => update('SET due = :v', { ExpressionAttributeValues: { ':v': 'D' } }),
    },
    'consistent-read-of-an-index': {
      breaks: () => byIndex(true),
      keeps: () => byIndex(false),
    },
  };
  function byIndex(ConsistentRead: boolean) {
    return documents.send(
      new QueryCommand({
        TableName,
        IndexName: 'due',
        ConsistentRead,
        KeyConditionExpression: 'due = :due',
        ExpressionAttributeValues: { ':due': 'D' },
      }),
    );
  }
};
