import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

/** Wall time of a whole process in seconds. Throws when it fails. */
export const timeCommand = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): number => {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr.slice(-500)}`);
  return (performance.now() - start) / 1000;
};

/** Min, median and max of some runs, as a row of a table. */
export const summary = (values: readonly number[], digits = 2): Record<'min' | 'median' | 'max', string> => ({
  min: Math.min(...values).toFixed(digits),
  median: median(values).toFixed(digits),
  max: Math.max(...values).toFixed(digits),
});
