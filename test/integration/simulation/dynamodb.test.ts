import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Table } from '../../simulation/world/dynamodb/table.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { runtimeSettings } from '../../support/jobs.ts';
import { mistakesOn, type Operation, operationsOn } from './operations.ts';

// The proof is only as good as its table. Here the table gets the same requests as a real one.

const marshallOptions = { removeUndefinedValues: true };
const indexes = [
  { name: 'due', partitionKey: 'due', sortKey: 'dueAt', attributes: ['pk', 'sk', 'due', 'dueAt'] },
];

let aws: TestAws;
let real: DynamoDBDocumentClient;
let table: Table;

beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  real = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    // A copy: the client writes into it.
    marshallOptions: { ...marshallOptions },
  });
  table = new Table(process.env.JOB_TABLE ?? '', indexes);
}, 120_000);
afterAll(() => aws.stop());

/** DynamoDB returns several items in any order. */
const inOrder = (responses: Record<string, Record<string, unknown>[]> | undefined) =>
  responses &&
  Object.entries(responses).map(([name, items]) => [
    name,
    items.toSorted((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1)),
  ]);

/** The part of an answer to compare. A real service adds costs and metadata. */
const answerOf = async (ask: () => unknown): Promise<unknown> => {
  try {
    const { Items, Item, Attributes, LastEvaluatedKey, Responses } = Object(await ask());
    return { Items, Item, Attributes, LastEvaluatedKey, Responses: inOrder(Responses) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const codes =
      error instanceof TransactionCanceledException
        ? error.CancellationReasons?.map(({ Code, Item }) => ({ Code, hasItem: Item !== undefined }))
        : undefined;
    return { error: error.name, codes };
  }
};

const compare = async (operation: Operation) => {
  const asked = () => table.send(operation.constructor.name, operation.input, marshallOptions);
  // The client's overloads need the exact command type; every operation is one of them.
  const really = () => Reflect.apply(real.send, real, [operation]);
  expect({ input: operation.input, answer: await answerOf(asked) }).toEqual({
    input: operation.input,
    answer: await answerOf(really),
  });
};

it('answers every operation as DynamoDB does', async () => {
  for (const operation of operationsOn(table.name)) await compare(operation);
});

it('refuses the same mistakes', async () => {
  for (const mistake of mistakesOn(table.name)) await compare(mistake);
});

it('records changes in its stream', () => {
  const fresh = new Table('stream', []);
  const send = (command: string, input: object) => fresh.send(command, { TableName: 'stream', ...input }, {});
  send('PutCommand', { Item: { pk: 'a', sk: 'b', n: 1 } });
  send('PutCommand', { Item: { pk: 'a', sk: 'b', n: 1 } });
  send('PutCommand', { Item: { pk: 'a', sk: 'b', n: 2 } });
  send('DeleteCommand', { Key: { pk: 'a', sk: 'b' } });
  // A write that changes nothing makes no record.
  expect(fresh.stream.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
});

it.each([
  [
    'an expression',
    { UpdateExpression: 'SET a = list_append(a, :b)', ExpressionAttributeValues: { ':b': [1] } },
  ],
  ['a field', { UpdateExpression: 'REMOVE a', ReturnConsumedCapacity: 'TOTAL' }],
])('throws what it does not understand: %s', (_what, more) => {
  const ask = () =>
    table.send('UpdateCommand', { TableName: table.name, Key: { pk: 'a', sk: 'b' }, ...more }, {});
  expect(ask).toThrow();
});

it('knows the words that DynamoDB reserves', () => {
  const ask = (ConditionExpression: string) => () =>
    table.send(
      'PutCommand',
      {
        TableName: table.name,
        Item: { pk: 'reserved', sk: 'b' },
        ConditionExpression,
        ExpressionAttributeValues: { ':x': 'x' },
      },
      {},
    );
  expect(ask('owner = :x')).toThrow('reserved keyword');
  expect(ask('actor = :x')).toThrow('The conditional request failed');
});
