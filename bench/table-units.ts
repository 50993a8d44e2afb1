import { marshall } from '@aws-sdk/util-dynamodb';
import { tableSchema } from '../core/jobs/table-schema.ts';
import type { Item } from '../test/simulation/world/dynamodb/values.ts';

// The units of DynamoDB on demand, by "Read and write capacity unit consumption" in its developer guide: 4 KB of consistent reads
// are one unit, and 1 KB of an item is one, before or after the write, whichever is larger. A transaction doubles them.

const READ_BYTES = 4096;
const WRITE_BYTES = 1024;

/** Read units of one request. A missing item costs one unit, too. */
export const readUnits = (items: readonly Readonly<Record<string, unknown>>[]): number => {
  const bytes = items.reduce(
    (sum, item) => sum + bytesOf(marshall(item, { removeUndefinedValues: true })),
    0,
  );
  return Math.max(1, Math.ceil(bytes / READ_BYTES));
};

/** Write units of one item. */
export const writeUnits = (before: Item | undefined, after: Item | undefined): number =>
  Math.max(1, Math.ceil(Math.max(bytesOf(before ?? {}), bytesOf(after ?? {})) / WRITE_BYTES));

/** Write units of all indexes: one for an entry that is added, removed or changed; two where its key changes. */
export const indexUnits = (before: Item | undefined, after: Item | undefined): number =>
  tableSchema.indexes.reduce((sum, { partitionKey, sortKey, attributes }) => {
    const keyOf = textOf([partitionKey, sortKey]);
    const [was, is] = [keyOf(before), keyOf(after)];
    if (was === undefined && is === undefined) return sum;
    if (was === undefined || is === undefined) return sum + 1;
    if (was !== is) return sum + 2;
    const shownOf = (item: Item | undefined) => JSON.stringify(attributes.map((name) => item?.[name]));
    return shownOf(before) === shownOf(after) ? sum : sum + 1;
  }, 0);

/** The key of an index's entry; nothing for an item that is not in the index. */
const textOf =
  (names: readonly string[]) =>
  (item: Item | undefined): string | undefined => {
    const values = names.map((name) => item?.[name]?.S);
    return values.includes(undefined) ? undefined : JSON.stringify(values);
  };

const bytesOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

const valueBytes = (value: Item[string]): number => {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1;
  if (value.M) return 3 + bytesOf(value.M) + Object.keys(value.M).length;
  if (value.L) return 3 + value.L.reduce((sum, each) => sum + valueBytes(each) + 1, 0);
  return 1;
};
