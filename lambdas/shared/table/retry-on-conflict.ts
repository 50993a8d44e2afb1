import { setTimeout as sleep } from 'node:timers/promises';

/** 50, 100, 200 … ms, at most 2 s, half of it by chance: whoever met once does not meet again. */
export const pause = (tries: number): Promise<void> => {
  const longest = Math.min(25 * 2 ** tries, 2000);
  return sleep(longest / 2 + Math.random() * (longest / 2));
};
