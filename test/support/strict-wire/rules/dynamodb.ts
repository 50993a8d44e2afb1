import { keyAttributes, tableSchema } from '../../../../core/jobs/table-schema.ts';
import { bytesOf, first, type Rule } from '../rule.ts';
import type { WireRequest } from '../wire-request.ts';
import {
  type Action,
  actionsOf,
  batchOf,
  itemBytes,
  requestTokenOf,
  significantDigits,
  targetOf,
  transactionOf,
  valuesOf,
} from './dynamodb-request.ts';
import {
  conditionsOf,
  expressionsOf,
  longestIn,
  operatorsIn,
  placeholdersIn,
  reservedIn,
  writtenPaths,
} from './expressions.ts';

const GUIDE = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide';
const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';
const CONSTRAINTS = `${GUIDE}/Constraints.html`;

const MAX_ITEM_BYTES = 400 * 1024;
const MAX_TRANSACTION_BYTES = 4 * 1024 ** 2;

/** A rule about each action of a request. DynamoDB has one code for all of them. */
const everyAction = (
  id: string,
  document: string,
  check: (action: Action) => string | undefined | false,
): Rule => ({
  id,
  service: 'dynamodb',
  document,
  status: 400,
  code: 'ValidationException',
  check: (request) => first(actionsOf(request).map(check)),
});

const wholeRequest = (
  id: string,
  document: string,
  check: (request: WireRequest) => string | undefined | false,
): Rule => ({
  id,
  service: 'dynamodb',
  document,
  status: 400,
  code: 'ValidationException',
  check: (request) => check(request) || undefined,
});

const hasTwice = (actions: readonly Action[]): boolean =>
  new Set(actions.map(targetOf)).size < actions.length;

const overlap = (paths: readonly string[]): boolean =>
  paths.some((path, index) =>
    paths.some(
      (other, at) =>
        at !== index && (other === path || other.startsWith(`${path}.`) || other.startsWith(`${path}[`)),
    ),
  );

/** The key attributes that an action writes or names, with their texts. */
const keysOf = ({ Item, Key }: Action): [name: string, text: string][] =>
  Object.entries({ ...Item, ...Key }).flatMap(([name, { S }]): [string, string][] =>
    keyAttributes.includes(name) && typeof S === 'string' ? [[name, S]] : [],
  );

const partitionKeys = [tableSchema, ...tableSchema.indexes].map(({ partitionKey }): string => partitionKey);

export const dynamoRules: readonly Rule[] = [
  everyAction(
    'item-over-400-kb',
    CONSTRAINTS,
    ({ Item }) =>
      Item && itemBytes(Item) > MAX_ITEM_BYTES && 'Item size has exceeded the maximum allowed size',
  ),
  wholeRequest(
    'transaction-over-100-items',
    `${API}/API_TransactWriteItems.html`,
    (request) =>
      (transactionOf(request)?.length ?? 0) > 100 &&
      "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100",
  ),
  wholeRequest('transaction-over-4-mb', `${API}/API_TransactWriteItems.html`, (request) => {
    const sizes = transactionOf(request)?.map(({ Item, Key, ExpressionAttributeValues }) =>
      [Item, Key, ExpressionAttributeValues].reduce((sum, each) => sum + itemBytes(each ?? {}), 0),
    );
    const bytes = (sizes ?? []).reduce((sum, each) => sum + each, 0);
    return bytes > MAX_TRANSACTION_BYTES && 'Collection size of items in the transaction exceeds 4 MB';
  }),
  wholeRequest('transaction-with-one-item-twice', `${API}/API_TransactWriteItems.html`, (request) => {
    const actions = request.operation === 'TransactWriteItems' ? transactionOf(request) : undefined;
    return (
      actions && hasTwice(actions) && 'Transaction request cannot include multiple operations on one item'
    );
  }),
  wholeRequest(
    'transaction-token-over-36-characters',
    `${API}/API_TransactWriteItems.html`,
    (request) =>
      (requestTokenOf(request) ?? '').length > 36 &&
      "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36",
  ),
  wholeRequest(
    'batch-write-over-25-items',
    `${API}/API_BatchWriteItem.html`,
    (request) =>
      request.operation === 'BatchWriteItem' &&
      (batchOf(request)?.length ?? 0) > 25 &&
      'Too many items requested for the BatchWriteItem call',
  ),
  wholeRequest(
    'batch-get-over-100-keys',
    `${API}/API_BatchGetItem.html`,
    (request) =>
      request.operation === 'BatchGetItem' &&
      (batchOf(request)?.length ?? 0) > 100 &&
      'Too many items requested for the BatchGetItem call',
  ),
  wholeRequest(
    'batch-with-one-item-twice',
    `${API}/API_BatchWriteItem.html`,
    (request) => hasTwice(batchOf(request) ?? []) && 'Provided list of item keys contains duplicates',
  ),
  everyAction(
    'key-empty',
    CONSTRAINTS,
    (action) =>
      keysOf(action).some(([, text]) => text === '') &&
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value.',
  ),
  everyAction('key-too-long', CONSTRAINTS, (action) =>
    first(
      keysOf(action).map(([name, text]) => {
        const max = partitionKeys.includes(name) ? 2048 : 1024;
        return (
          bytesOf(text) > max &&
          `One or more parameter values were invalid: Size of ${name} has exceeded the maximum size limit of ${max} bytes`
        );
      }),
    ),
  ),
  everyAction('number-over-38-digits', CONSTRAINTS, (action) =>
    first(
      [...valuesOf(action)].map(
        ({ N }) =>
          typeof N === 'string' &&
          significantDigits(N).length > 38 &&
          'Attempting to store more than 38 significant digits in a Number',
      ),
    ),
  ),
  everyAction('set-empty', CONSTRAINTS, (action) =>
    first(
      [...valuesOf(action)].map(
        ({ SS, NS, BS }) =>
          [SS, NS, BS].some((set) => Array.isArray(set) && set.length === 0) &&
          'One or more parameter values were invalid: A set may not be empty',
      ),
    ),
  ),
  everyAction('reserved-word', `${GUIDE}/ReservedWords.html`, (action) =>
    first(
      expressionsOf(action)
        .flatMap(reservedIn)
        .map((word) => `Invalid expression: Attribute name is a reserved keyword; reserved keyword: ${word}`),
    ),
  ),
  everyAction('arithmetic-in-a-condition', `${GUIDE}/Expressions.OperatorsAndFunctions.html`, (action) =>
    first(
      conditionsOf(action).map((text) => {
        const sign = /[-+*/]/.exec(text)?.[0];
        return sign && `Invalid expression: Syntax error; token: "${sign}"`;
      }),
    ),
  ),
  everyAction('placeholder-unused', `${GUIDE}/Expressions.ExpressionAttributeNames.html`, (action) => {
    const used = new Set(expressionsOf(action).flatMap(placeholdersIn));
    const given = [
      ...Object.keys(action.ExpressionAttributeNames ?? {}),
      ...Object.keys(action.ExpressionAttributeValues ?? {}),
    ];
    const unused = given.filter((name) => !used.has(name));
    return (
      unused.length > 0 &&
      `Value provided in ExpressionAttributeNames or Values unused in expressions: keys: {${unused.join(', ')}}`
    );
  }),
  everyAction('placeholders-empty', `${GUIDE}/Expressions.ExpressionAttributeValues.html`, (action) =>
    first(
      [action.ExpressionAttributeNames, action.ExpressionAttributeValues].map(
        (given) =>
          given && Object.keys(given).length === 0 && 'ExpressionAttributeNames or Values must not be empty',
      ),
    ),
  ),
  everyAction('expression-over-4-kb', CONSTRAINTS, (action) =>
    first(
      expressionsOf(action).map(
        (text) =>
          bytesOf(text) > 4096 && 'Invalid expression: Expression size has exceeded the maximum allowed size',
      ),
    ),
  ),
  everyAction('expression-over-300-operators', CONSTRAINTS, (action) =>
    first(
      expressionsOf(action).map(
        (text) =>
          operatorsIn(text) > 300 && 'Invalid expression: The expression contains more than 300 operators',
      ),
    ),
  ),
  everyAction('in-over-100-values', CONSTRAINTS, (action) =>
    first(
      conditionsOf(action).map(
        (text) =>
          longestIn(text) > 100 && 'Invalid expression: The IN operator is provided with too many operands',
      ),
    ),
  ),
  everyAction(
    'update-of-overlapping-paths',
    `${GUIDE}/Expressions.UpdateExpressions.html`,
    (action) =>
      overlap(writtenPaths(action)) &&
      'Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths',
  ),
  everyAction(
    'update-of-a-key',
    `${API}/API_UpdateItem.html`,
    (action) =>
      writtenPaths(action).some(
        (path) => path === tableSchema.partitionKey || path === tableSchema.sortKey,
      ) &&
      'One or more parameter values were invalid: Cannot update attribute. This attribute is part of the key',
  ),
  everyAction(
    'consistent-read-of-an-index',
    `${GUIDE}/HowItWorks.ReadConsistency.html`,
    // All our indexes are global ones.
    ({ IndexName, ConsistentRead }) =>
      IndexName !== undefined &&
      ConsistentRead === true &&
      'Consistent reads are not supported on global secondary indexes',
  ),
];
