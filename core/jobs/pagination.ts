import * as z from 'zod';
import { requestHash } from '../kernel/ids.ts';

// Lists page by page: of one owner's jobs and of open attention items. Each is spread over several partitions with the same
// order, so one sort key says for all of them where a page ended.

const Cursor = z.tuple([z.string(), z.string().min(1).max(200)]);

const markOf = (question: unknown): string => requestHash(question).slice(0, 16);

/** Where the next page begins; opaque to callers. */
export const cursorOf = (question: unknown, sortKey: string): string =>
  Buffer.from(JSON.stringify([markOf(question), sortKey])).toString('base64url');

/** The sort key in a cursor; nothing for a text that is no cursor, or a cursor of another query. */
export const sortKeyOf = (question: unknown, cursor: string): string | undefined => {
  try {
    const [mark, sortKey] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return mark === markOf(question) ? sortKey : undefined;
  } catch {
    return undefined;
  }
};

/** An item of a list. Sort keys are unique, and sort as texts. */
export interface SortedItem<Item> {
  readonly sortKey: string;
  readonly item: Item;
}

export interface PageRequest<Item> {
  readonly isNewestFirst: boolean;
  /** How many items may be read: every list has at least so many, or all that it has. */
  readonly most: number;
  /** How many are wanted. */
  readonly limit: number;
  readonly isWanted: (item: Item) => boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The sort key at which the next page begins; nothing on the last page. */
  readonly next?: string;
}

/** The next page of several lists with one order. It ends when it is full, or when `most` items were read. */
export const pageOf = <Item>(
  lists: readonly (readonly SortedItem<Item>[])[],
  { isNewestFirst, most, limit, isWanted }: PageRequest<Item>,
): Page<Item> => {
  const sorted = lists.flat().sort((one, other) => (one.sortKey < other.sortKey ? -1 : 1));
  const all = isNewestFirst ? sorted.reverse() : sorted;
  const items: Item[] = [];
  for (const [index, { sortKey, item }] of all.slice(0, most).entries()) {
    if (isWanted(item)) items.push(item);
    const isLast = index + 1 === all.length;
    if (items.length === limit && !isLast) return { items, next: sortKey };
  }
  const end = all[most - 1];
  return { items, ...(end && all.length > most ? { next: end.sortKey } : {}) };
};
