import * as z from 'zod';
import { requestHash } from '../kernel/ids.ts';

// Lists page by page: of one owner's jobs and of open attention items. Each is spread over several partitions that all have the same
// order, so the place where a page ended is one place in all of them.

const Cursor = z.tuple([z.string(), z.string().min(1).max(200)]);

const markOf = (question: unknown): string => requestHash(question).slice(0, 16);

/** Where the next page goes on, opaque to whoever sends it back. */
export const cursorOf = (question: unknown, sortKey: string): string =>
  Buffer.from(JSON.stringify([markOf(question), sortKey])).toString('base64url');

/** The place that a cursor names; nothing where it is none, or one of another question. */
export const sortKeyOf = (question: unknown, cursor: string): string | undefined => {
  try {
    const [mark, sortKey] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return mark === markOf(question) ? sortKey : undefined;
  } catch {
    return undefined;
  }
};

/** Something at its place in a list. Places are different, and sort as texts. */
export interface SortedItem<Item> {
  readonly sortKey: string;
  readonly item: Item;
}

export interface PageRequest<Item> {
  readonly isNewestFirst: boolean;
  /** How many may be looked at: every list has at least so many, or all that it has. */
  readonly most: number;
  /** How many are wanted. */
  readonly limit: number;
  readonly isWanted: (item: Item) => boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page goes on; nothing when this is the last. */
  readonly next?: string;
}

/** The next page of several lists of one order. It ends when it is full, or when enough was looked at. */
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
