import * as z from 'zod';

// How long videos take: a histogram for each provider, model and resolution. Every finished video adds one.

const SHORTEST_SECONDS = 5;
const LONGEST_SECONDS = 3600;
/** Each bucket is a quarter wider than the one before: 30 of them from 5 s to an hour. */
const RATIO = 1.25;
const BUCKETS = Math.ceil(Math.log(LONGEST_SECONDS / SHORTEST_SECONDS) / Math.log(RATIO)) + 1;

/** Fewer videos than these say nothing yet. */
const ENOUGH = 8;
/** At this count the past is halved, so that a gateway that became slower shows within a day's work. */
const MANY = 400;

/** Name of a bucket, as an attribute of the table's item: `b07`. */
export const bucketOf = (seconds: number): string => {
  const index = Math.ceil(Math.log(Math.max(seconds, 1) / SHORTEST_SECONDS) / Math.log(RATIO));
  return nameOf(Math.min(Math.max(index, 0), BUCKETS - 1));
};

const nameOf = (index: number): string => `b${String(index).padStart(2, '0')}`;

/** Where a bucket begins, in seconds. */
const startOf = (index: number): number => (index === 0 ? 0 : SHORTEST_SECONDS * RATIO ** (index - 1));

const Count = z.number().nonnegative().catch(0);

/** Counts by bucket; other attributes are skipped. */
export type LatencyCounts = readonly number[];

export const countsOf = (item: Readonly<Record<string, unknown>> = {}): LatencyCounts =>
  Array.from({ length: BUCKETS }, (_, index) => Count.parse(item[nameOf(index)] ?? 0));

const totalOf = (counts: LatencyCounts): number => counts.reduce((sum, count) => sum + count, 0);

/** Half of every count, when the past would hide the present; else nothing. */
export const halved = (counts: LatencyCounts): Record<string, number> | undefined =>
  totalOf(counts) < MANY
    ? undefined
    : Object.fromEntries(counts.map((count, index) => [nameOf(index), Math.floor(count / 2)]));

/** When a video may be expected, in seconds after its submit. */
export const Expectation = z.object({
  /** Hardly any video is ready before. */
  earliestSeconds: z.number(),
  /** Most videos are ready by then. */
  latestSeconds: z.number(),
});
export type Expectation = z.infer<typeof Expectation>;

/** Nothing until enough videos were made. */
export const expectationOf = (counts: LatencyCounts): Expectation | undefined => {
  const total = totalOf(counts);
  if (total < ENOUGH) return undefined;
  return {
    earliestSeconds: Math.round(startOf(bucketAt(counts, total * 0.1))),
    latestSeconds: Math.round(startOf(bucketAt(counts, total * 0.9) + 1)),
  };
};

const bucketAt = (counts: LatencyCounts, rank: number): number => {
  let seen = 0;
  return counts.findIndex((count) => {
    seen += count;
    return count > 0 && seen >= rank;
  });
};
