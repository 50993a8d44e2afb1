import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** How often the work is done at most. */
  readonly tries: number;
  /** Whether the error is a conflict that the same work may not meet again. Any other error is thrown at once. */
  readonly isConflict: (error: unknown) => boolean;
  readonly onRetry?: () => void;
}

/**
 * Does the work again when it met a conflict with another write. The work itself reads what it decides on, so that each try
 * decides anew. Throws the last error.
 */
export const retryOnConflict = async <Result>(
  work: () => Promise<Result>,
  { tries, isConflict, onRetry }: RetryOptions,
): Promise<Result> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried === tries || !isConflict(error)) throw error;
      onRetry?.();
      await sleep(backoffMs(tried, Math.random()));
    }
  }
};

const FIRST_MS = 50;
const LONGEST_MS = 2000;

/**
 * 50, 100, 200 … ms, at most 2 s, half of it random, so that two functions that met once do not meet again. With 5 tries the pauses
 * take at most 0.05 + 0.1 + 0.2 + 0.4 = 0.75 s, with 8 tries 5.2 s, with 10 tries 9.2 s.
 * @param chance from 0 to 1
 */
export const backoffMs = (tried: number, chance: number): number => {
  const longest = Math.min(FIRST_MS * 2 ** (tried - 1), LONGEST_MS);
  return (longest / 2) * (1 + chance);
};
