import * as z from 'zod';
import { manifestKey } from '../kernel/ids.ts';
import type { Job } from './job.ts';
import { videoKey } from './manifest.ts';

// A job is deleted in an order that may be cut off anywhere and begun again: first a tombstone takes the place of its state, which
// says what is still to go; then its files go, then its other items; then the tombstone forgets where the files were.

/**
 * What stays of a deleted job, in place of its STATE. So neither its Idempotency-Key nor its drop's event makes the video again
 * when it arrives once more. No index holds it.
 */
export const Tombstone = z.object({
  jobId: z.string(),
  owner: z.string(),
  /** Of the request, as the job had it. */
  requestHash: z.string(),
  acceptedAt: z.iso.datetime(),
  deletedAt: z.iso.datetime(),
  deletedBy: z.string(),
  /** Seconds since 1970: the table forgets it then. */
  expiresAt: z.int(),
  /** Where its files are, while some may be left. */
  files: z.object({ outputKey: z.string(), outputs: z.int().positive() }).exactOptional(),
});
export type Tombstone = z.infer<typeof Tombstone>;

export const isTombstone = (item: Record<string, unknown>): boolean => item.deletedAt !== undefined;

/**
 * Longer than anything of ours brings an event again: EventBridge tries for a day, a queue keeps a message for at most 14, and so
 * do its dead letters when a person moves them back.
 */
export const TOMBSTONE_DAYS = 90;

/** The most videos that one submit of any dialect requests. A run that was cut off may have stored them without a record. */
const MOST_OUTPUTS = 4;

export const tombstoneOf = ({ state, request }: Job, by: string, now: string): Tombstone => ({
  jobId: state.jobId,
  owner: state.owner,
  requestHash: request.requestHash,
  acceptedAt: state.createdAt,
  deletedAt: now,
  deletedBy: by,
  expiresAt: Math.floor(Date.parse(now) / 1000) + TOMBSTONE_DAYS * 86_400,
  files: { outputKey: state.outputKey, outputs: Math.max(state.videoCount ?? 1, MOST_OUTPUTS) },
});

/** Every key to which a job may have written. Other jobs may have, too: drops with the same key. */
export const keysOf = ({ outputKey, outputs }: NonNullable<Tombstone['files']>): readonly string[] => [
  ...Array.from({ length: outputs }, (_, index) => videoKey(outputKey, index)),
  manifestKey(outputKey),
];
