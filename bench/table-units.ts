import { marshall } from '@aws-sdk/util-dynamodb';
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

/** Write units of the index, which holds keys only: one for a removed entry and one for an added entry. */
export const indexUnits = (before: Item | undefined, after: Item | undefined): number => {
  const entryOf = (item: Item | undefined) => item?.due?.S && item.dueAt?.S && item.due.S + item.dueAt.S;
  const entries = [entryOf(before), entryOf(after)];
  return entries[0] === entries[1] ? 0 : entries.filter((entry) => entry !== undefined).length;
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
