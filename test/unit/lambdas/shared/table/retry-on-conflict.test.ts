import fc from 'fast-check';
import { backoffMs, retryOnConflict } from '../../../../../lambdas/shared/table/retry-on-conflict.ts';

class Conflict extends Error {}
const isConflict = (error: unknown): boolean => error instanceof Conflict;

/** Work that fails in these ways, one after the other, and then answers how often it was done. */
const failing = (...errors: readonly Error[]) => {
  let done = 0;
  return async (): Promise<number> => {
    const error = errors[done];
    done += 1;
    if (error) throw error;
    return done;
  };
};

test('work that meets conflicts is done again, and answers', async () => {
  let retries = 0;
  const onRetry = () => {
    retries += 1;
  };
  const work = failing(new Conflict(), new Conflict());
  await expect(retryOnConflict(work, { tries: 3, isConflict, onRetry })).resolves.toBe(3);
  expect(retries).toBe(2);
});

test('after so many tries the last conflict is thrown', async () => {
  const last = new Conflict('the third');
  const work = failing(new Conflict(), new Conflict(), last, new Conflict());
  await expect(retryOnConflict(work, { tries: 3, isConflict })).rejects.toBe(last);
  await expect(work()).rejects.toThrow(Conflict);
  await expect(work()).resolves.toBe(5);
});

test('any other error is thrown at once', async () => {
  const other = new Error('the table is gone');
  const work = failing(other);
  await expect(retryOnConflict(work, { tries: 3, isConflict })).rejects.toBe(other);
  await expect(work()).resolves.toBe(2);
});

test('one try is no retry', async () => {
  const conflict = new Conflict();
  await expect(retryOnConflict(failing(conflict), { tries: 1, isConflict })).rejects.toBe(conflict);
});

describe('the pause', () => {
  const longest = (tries: number): number =>
    Array.from({ length: tries - 1 }, (_, index) => backoffMs(index + 1, 1)).reduce((sum, ms) => sum + ms, 0);

  test('doubles from 50 ms to 2 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 20].map((tried) => backoffMs(tried, 1))).toEqual([
      50, 100, 200, 400, 800, 1600, 2000, 2000,
    ]);
  });

  test('is by half a matter of chance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (tried, chance) => {
          const ms = backoffMs(tried, chance);
          expect(ms).toBeGreaterThanOrEqual(backoffMs(tried, 1) / 2);
          expect(ms).toBeLessThanOrEqual(backoffMs(tried, 1));
        },
      ),
    );
  });

  // What the comments beside the numbers of tries say.
  test.each([
    [5, 750],
    [8, 5150],
    [10, 9150],
  ])('with %i tries takes at most %i ms together', (tries, ms) => {
    expect(longest(tries)).toBe(ms);
  });
});
