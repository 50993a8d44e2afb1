import fc from 'fast-check';
import { cursorOf, pageOf, type SortedItem, sortKeyOf } from '../../../../core/jobs/pagination.ts';

describe('a cursor', () => {
  const question = ['jobs', { owner: 'shop', status: 'failed' }];

  it('holds the sortKey where a page ended, for the same question', () => {
    expect(sortKeyOf(question, cursorOf(question, 'sortKey#1'))).toBe('sortKey#1');
    // The order of fields, and fields without a value, make no other question.
    expect(
      sortKeyOf(['jobs', { status: 'failed', owner: 'shop', from: undefined }], cursorOf(question, 'p')),
    ).toBe('p');
  });

  it.each([
    ['another status', cursorOf(['jobs', { owner: 'shop', status: 'running' }], 'p')],
    ['another owner', cursorOf(['jobs', { owner: 'else', status: 'failed' }], 'p')],
    ['another list', cursorOf(['attention', { owner: 'shop', status: 'failed' }], 'p')],
    ['no cursor', 'nonsense'],
    ['other JSON', Buffer.from('{"a":1}').toString('base64url')],
    ['an empty sortKey', cursorOf(question, '')],
  ])('of %s is none', (_, cursor) => {
    expect(sortKeyOf(question, cursor)).toBeUndefined();
  });
});

describe('paging', () => {
  const places = fc.uniqueArray(
    fc
      .tuple(fc.constantFrom('t1', 't2', 't3'), fc.integer({ min: 0, max: 999 }))
      .map(([time, id]) => `${time}#${id}`),
    { maxLength: 60 },
  );

  /** As the table would answer: at most so many of each list, behind the place. */
  const read = (lists: readonly string[][], isNewestFirst: boolean, count: number, after?: string) =>
    lists.map((list): SortedItem<string>[] =>
      list
        .toSorted((a, b) => (a < b === isNewestFirst ? 1 : -1))
        .filter((sortKey) => after === undefined || (isNewestFirst ? sortKey < after : sortKey > after))
        .slice(0, count)
        .map((sortKey) => ({ sortKey, item: sortKey })),
    );

  it('gives each exactly once, in order, whatever the times, the partitions, the limit and the wish', () => {
    fc.assert(
      fc.property(
        places,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 3 }),
        (all, limit, looked, isNewestFirst, wish) => {
          const lists = [0, 1, 2, 3].map((k) => all.filter((_, index) => index % 4 === k));
          const isWanted = (sortKey: string) => sortKey.length % wish === 0;
          const most = Math.max(limit, looked);
          const seen: string[] = [];
          let after: string | undefined;
          let pages = 0;
          do {
            const page = pageOf(read(lists, isNewestFirst, most + 1, after), {
              isNewestFirst,
              most,
              limit,
              isWanted,
            });
            expect(page.items.length).toBeLessThanOrEqual(limit);
            seen.push(...page.items);
            after = page.next;
            pages += 1;
          } while (after !== undefined && pages <= all.length);
          const expected = all.filter(isWanted).toSorted((a, b) => (a < b === isNewestFirst ? 1 : -1));
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says that there is no more with the last page, not after it', () => {
    const lists = read([['a'], ['b'], [], []], true, 3);
    const wish = { isNewestFirst: true, most: 2, limit: 2, isWanted: () => true };
    expect(pageOf(lists, wish)).toEqual({ items: ['b', 'a'] });
  });
});
