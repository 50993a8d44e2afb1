import { createHash } from 'node:crypto';
import type { ObjectLocation } from './object-location.ts';

/** Hex; parts cannot run into each other. */
export const digest = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/**
 * The job of one dropped object: the same event twice is one job, the same key written again is another. Without a version
 * (an unversioned bucket) the event's `sequencer` tells writes apart; never the ETag, which is the same for the same bytes.
 */
export const dropJobId = (object: ObjectLocation & { readonly sequencer: string }): string =>
  digest(['drop', object.bucket, object.key, object.versionId ?? `sequencer:${object.sequencer}`]).slice(
    0,
    32,
  );

/** The index partition of a job, one of `count`: spreads one owner's jobs over several partitions. */
export const partitionOf = (jobId: string, count: number): number =>
  Number.parseInt(digest([jobId]).slice(0, 8), 16) % count;

/** Hash of a request, for telling a replay from another request under the same key. Key order does not matter. */
export const requestHash = (request: unknown): string => digest([JSON.stringify(sorted(request))]);

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};

/** S3 allows 1,024 bytes of UTF-8 in a key. */
const MAX_KEY_BYTES = 1024;

/** Whether an object can have this key: for other keys (too long, or above the bucket) S3 answers 400, not 404. */
export const isObjectKey = (key: string): boolean =>
  key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES && !/^\.\.(\/|$)/.test(key);

/**
 * Where the video of a dropped object goes: `shoe.png` → `videos/shoe.png.mp4`, so that `shoe.jpg` does not collide.
 * A key too long for that is cut and told apart by its job.
 */
export const dropOutputKey = (sourceKey: string, jobId: string): string => {
  const key = `videos/${sourceKey}.mp4`;
  // The manifest's ending is the longest that is added.
  if (Buffer.byteLength(manifestKey(key)) <= MAX_KEY_BYTES) return key;
  const room = MAX_KEY_BYTES - Buffer.byteLength(manifestKey(`videos/~${jobId}.mp4`));
  let kept = '';
  for (const character of sourceKey) {
    if (Buffer.byteLength(kept + character) > room) break;
    kept += character;
  }
  return `videos/${kept}~${jobId}.mp4`;
};

/** The manifest stands beside the video: `videos/shoe.png.mp4` → `videos/shoe.png.job.json`. */
export const manifestKey = (videoKey: string): string => videoKey.replace(/\.mp4$/, '.job.json');

/** Name of a job's execution; a new run is a new execution. */
export const executionName = (jobId: string, run: number): string => `${jobId}-${run}`;

/** The job of an API call that carries an `Idempotency-Key`: the same owner and key is the same job. */
export const keyedJobId = (owner: string, idempotencyKey: string): string =>
  digest(['api', owner, idempotencyKey]).slice(0, 32);

/** The key of an API call's video. */
export const apiOutputKey = (owner: string, jobId: string): string =>
  `videos/${owner.replaceAll('/', '_')}/${jobId}.mp4`;

/** The batch of an API call that carries an `Idempotency-Key`. */
export const keyedBatchId = (owner: string, idempotencyKey: string): string =>
  digest(['batch', owner, idempotencyKey]).slice(0, 32);

/** The job of a row: however often its batch is read, a row is one job. */
export const batchJobId = (batchId: string, line: number): string =>
  digest(['row', batchId, String(line)]).slice(0, 32);
