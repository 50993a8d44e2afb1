import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type * as z from 'zod';
import { PlaceholderScope, readCondition, readProjection } from './expressions.ts';
import { idOf, project, textOf } from './items.ts';
import { BatchGet, Delete, Get, Put, Query, type Returns, Transaction, UpdateAlone } from './requests.ts';
import { InvalidExpression, type Item, UnsupportedRequest } from './values.ts';
import {
  expectName,
  type MarshallOptions,
  metadata,
  readDelete,
  readPut,
  readTransactItem,
  readUpdateWrite,
  type TableIndex,
  type Write,
} from './writes.ts';

/** A record of the table's stream. */
export interface StreamRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly SequenceNumber: string;
    readonly StreamViewType: 'NEW_AND_OLD_IMAGES';
  };
}

/** Every expression that any table received, for the test that compares them with a real table. */
export const expressionsSeen = new Set<string>();

type Native = Record<string, unknown>;

/** A DynamoDB table in memory that takes the document client's inputs. It throws what it does not support. */
export class Table {
  readonly name: string;
  readonly stream: StreamRecord[] = [];
  /** Called for each new record of the stream. */
  onChange: (record: StreamRecord) => void = () => undefined;
  /** Whether an index still shows the item as it was before its last change, made at this time. */
  isIndexBehind: (changedAtMs: number) => boolean = () => false;
  now: () => number = () => 0;
  /** Called for each request. */
  onRequest: (command: string, input: unknown) => void = () => undefined;
  private readonly changed = new Map<string, { readonly before: Item | undefined; readonly atMs: number }>();
  readonly indexes: readonly TableIndex[];
  private readonly items = new Map<string, Item>();
  private sequence = 0;

  constructor(name: string, indexes: readonly TableIndex[]) {
    this.name = name;
    this.indexes = indexes;
  }

  /** All items in DynamoDB's notation. */
  get raw(): Iterable<Item> {
    return this.items.values();
  }

  /** All items that match, as plain objects. */
  all(isWanted: (item: Item) => boolean = () => true): Native[] {
    return [...this.items.values()].filter(isWanted).map((item) => unmarshall(item));
  }

  send(command: string, input: unknown, options: MarshallOptions): unknown {
    this.onRequest(command, input);
    try {
      return this.answer(command, input, options);
    } catch (error) {
      if (!(error instanceof InvalidExpression)) throw error;
      throw Object.assign(new Error(error.message), { name: 'ValidationException', $metadata: metadata });
    }
  }

  private answer(command: string, input: unknown, options: MarshallOptions): unknown {
    for (const expression of expressionsIn(input)) expressionsSeen.add(expression);
    switch (command) {
      case 'GetCommand':
        return this.get(Get.parse(input), options);
      case 'BatchGetCommand':
        return this.batchGet(BatchGet.parse(input), options);
      case 'QueryCommand':
        return this.query(Query.parse(input), options);
      case 'PutCommand':
        return this.writeOne(readPut(this, Put.parse(input), options), undefined);
      case 'DeleteCommand':
        return this.writeOne(readDelete(this, Delete.parse(input), options), undefined);
      case 'UpdateCommand': {
        const { ReturnValues, ...update } = UpdateAlone.parse(input);
        return this.writeOne(readUpdateWrite(this, update, options), ReturnValues);
      }
      case 'TransactWriteCommand': {
        const { TransactItems } = Transaction.parse(input);
        return this.transact(TransactItems.map((item) => readTransactItem(this, item, options)));
      }
      default:
        throw new UnsupportedRequest(`DynamoDB: ${command}`);
    }
  }

  private get(
    { TableName, Key: key, ProjectionExpression, ExpressionAttributeNames }: z.infer<typeof Get>,
    options: MarshallOptions,
  ): unknown {
    expectName(this, TableName);
    const item = this.items.get(idOf(marshall(key, options)));
    const scope = new PlaceholderScope({ names: ExpressionAttributeNames });
    const names =
      ProjectionExpression === undefined ? undefined : readProjection(ProjectionExpression, scope);
    scope.refuseUnused();
    return item ? { Item: unmarshall(project(item, names)) } : {};
  }

  private batchGet({ RequestItems }: z.infer<typeof BatchGet>, options: MarshallOptions): unknown {
    const Responses = Object.entries(RequestItems).map(([name, { Keys }]) => {
      expectName(this, name);
      const ids = Keys.map((key) => idOf(marshall(key, options)));
      if (new Set(ids).size < ids.length)
        throw new InvalidExpression('Provided list of item keys contains duplicates');
      // DynamoDB guarantees no order; this one differs from that of the keys.
      const found = ids
        .toReversed()
        .map((id) => this.items.get(id))
        .filter((item) => item !== undefined);
      return [name, found.map((item) => unmarshall(item))];
    });
    return { Responses: Object.fromEntries(Responses), UnprocessedKeys: {} };
  }

  private query(input: z.infer<typeof Query>, options: MarshallOptions): unknown {
    expectName(this, input.TableName);
    const index = this.indexes.find(({ name }) => name === input.IndexName);
    if (input.IndexName !== undefined && !index) throw new UnsupportedRequest(`index ${input.IndexName}`);
    if (index && input.ConsistentRead)
      throw new InvalidExpression('Consistent reads are not supported on global secondary indexes');
    const { isMeant, isWanted, names } = readQuery(input, index, options);
    const { partitionKey, sortKey } = index ?? { partitionKey: 'pk', sortKey: 'sk' };
    const direction = input.ScanIndexForward === false ? -1 : 1;
    const order = (item: Item) => [sortKey === undefined ? '' : textOf(item[sortKey]), idOf(item)].join('\0');
    const found = (index ? this.asIndexed() : [...this.items.values()])
      .filter((item) => item[partitionKey] && (sortKey === undefined || item[sortKey]) && isMeant(item))
      .sort((a, b) => direction * (order(a) < order(b) ? -1 : 1));
    const startId = input.ExclusiveStartKey && idOf(marshall(input.ExclusiveStartKey, options));
    const start = startId === undefined ? 0 : found.findIndex((item) => idOf(item) === startId) + 1;
    const page = found.slice(start, input.Limit === undefined ? undefined : start + input.Limit);
    const last = page.at(-1);
    // A full page has a LastEvaluatedKey even when no item follows.
    const isFull = last !== undefined && page.length === input.Limit;
    const Items = page.filter(isWanted).map((item) => unmarshall(project(item, names)));
    return {
      Items,
      Count: Items.length,
      ScannedCount: page.length,
      ...(isFull
        ? { LastEvaluatedKey: unmarshall(project(last, ['pk', 'sk', partitionKey, sortKey ?? 'pk'])) }
        : {}),
    };
  }

  /** The items as an index shows them: an index lags behind its table. */
  private asIndexed(): Item[] {
    return [...this.items].flatMap(([id, item]) => {
      const change = this.changed.get(id);
      if (!change || !this.isIndexBehind(change.atMs)) return [item];
      return change.before ? [change.before] : [];
    });
  }

  private writeOne(write: Write, returns: z.infer<typeof Returns> | undefined): unknown {
    const before = this.items.get(write.id);
    if (!write.condition(before ?? {}))
      throw new ConditionalCheckFailedException({
        message: 'The conditional request failed',
        $metadata: metadata,
        ...(write.returnsOld && before ? { Item: before } : {}),
      });
    const after = write.apply(before);
    this.store(write.id, after);
    const shown = shownOf(returns, before, after);
    return shown ? { Attributes: unmarshall(shown) } : {};
  }

  private transact(writes: readonly Write[]): unknown {
    if (new Set(writes.map(({ id }) => id)).size < writes.length)
      throw new InvalidExpression('Transaction request cannot include multiple operations on one item');
    const refused = writes.map(({ id, condition }) => !condition(this.items.get(id) ?? {}));
    if (refused.includes(true))
      throw new TransactionCanceledException({
        message: 'Transaction cancelled, please refer cancellation reasons for specific reasons',
        $metadata: metadata,
        CancellationReasons: writes.map(({ id, returnsOld }, index) => {
          if (!refused[index]) return { Code: 'None' };
          const old = this.items.get(id);
          return { Code: 'ConditionalCheckFailed', ...(returnsOld && old ? { Item: old } : {}) };
        }),
      });
    const after = writes.map(({ id, apply }) => ({ id, item: apply(this.items.get(id)) }));
    for (const { id, item } of after) this.store(id, item);
    return {};
  }

  private store(id: string, item: Item | undefined): void {
    const before = this.items.get(id);
    if (item && JSON.stringify(item) === JSON.stringify(before)) return;
    this.changed.set(id, { before, atMs: this.now() });
    if (item) this.items.set(id, item);
    else this.items.delete(id);
    const shown = item ?? before;
    if (!shown) return;
    this.sequence += 1;
    const record: StreamRecord = {
      eventName: !before ? 'INSERT' : item ? 'MODIFY' : 'REMOVE',
      dynamodb: {
        Keys: project(shown, ['pk', 'sk']),
        ...(item ? { NewImage: item } : {}),
        ...(before ? { OldImage: before } : {}),
        SequenceNumber: String(this.sequence).padStart(21, '0'),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    };
    this.stream.push(record);
    this.onChange(record);
  }
}

/** All expressions of a request, also those of a transaction's items. */
export const expressionsIn = (input: unknown, depth = 0): string[] => {
  if (typeof input !== 'object' || input === null || depth > 4) return [];
  return Object.entries(input).flatMap(([name, value]) =>
    typeof value === 'string' && name.endsWith('Expression') ? [value] : expressionsIn(value, depth + 1),
  );
};

/** What a query's expressions say. */
const readQuery = (input: z.infer<typeof Query>, index: TableIndex | undefined, options: MarshallOptions) => {
  const { KeyConditionExpression, FilterExpression, ProjectionExpression } = input;
  const scope = new PlaceholderScope({
    names: input.ExpressionAttributeNames,
    values: input.ExpressionAttributeValues && marshall(input.ExpressionAttributeValues, options),
  });
  const isMeant = readCondition(KeyConditionExpression, scope);
  const isWanted = FilterExpression === undefined ? () => true : readCondition(FilterExpression, scope);
  const names =
    ProjectionExpression === undefined ? index?.attributes : readProjection(ProjectionExpression, scope);
  scope.refuseUnused();
  return { isMeant, isWanted, names };
};

const shownOf = (
  returns: z.infer<typeof Returns> | undefined,
  before: Item | undefined,
  after: Item | undefined,
): Item | undefined => {
  switch (returns) {
    case 'ALL_NEW':
      return after;
    case 'ALL_OLD':
      return before;
    case 'UPDATED_NEW': {
      const changed = Object.entries(after ?? {}).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(before?.[name]),
      );
      return Object.fromEntries(changed.filter(([name]) => name !== 'pk' && name !== 'sk'));
    }
    default:
      return undefined;
  }
};
