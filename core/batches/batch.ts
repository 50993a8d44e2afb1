import * as z from 'zod';
import { DUE_AFTER_SECONDS, repairPauseSeconds } from '../jobs/transitions.ts';
import { plusSeconds } from '../kernel/time.ts';

const Time = z.iso.datetime();

/** The file with the rows, pinned to what it was when the batch was accepted. */
export const ManifestFile = z.object({
  bucket: z.string(),
  key: z.string(),
  etag: z.string(),
  /** Known of orders that came in a body; of a file its content says it. */
  format: z.literal('jsonl').exactOptional(),
});
export type ManifestFile = z.infer<typeof ManifestFile>;

/** Why a batch does not go on. What was ordered until then stays ordered. */
export const BatchFailure = z.object({
  code: z.enum([
    'MANIFEST_MISSING',
    'MANIFEST_CHANGED',
    'MANIFEST_NOT_UTF8',
    'MANIFEST_UNREADABLE',
    'MANIFEST_EMPTY',
    'MANIFEST_TOO_LONG',
  ]),
  message: z.string(),
});
export type BatchFailure = z.infer<typeof BatchFailure>;

/** The record of a batch: which of its rows became jobs. What becomes of those is in their own records. */
export const BatchState = z.object({
  batchId: z.string(),
  owner: z.string(),
  status: z.enum(['accepted', 'expanding', 'expanded', 'failed']),
  /** Counts every change; a write says which one it follows. */
  revision: z.int().positive(),
  requestHash: z.string(),
  manifest: ManifestFile,
  /** Known once the manifest was read. */
  rows: z.int().nonnegative().exactOptional(),
  /** Rows that became jobs, and rows that did not: the next one to look at is their sum. */
  accepted: z.int().nonnegative(),
  refused: z.int().nonnegative(),
  createdAt: Time,
  updatedAt: Time,
  /** When every row was looked at. */
  expandedAt: Time.exactOptional(),
  /** When it should have got on; the sweeper's index. */
  dueAt: Time.exactOptional(),
  /** How often the sweeper sent for it since it last got on. */
  repairs: z.int().positive().exactOptional(),
  failure: BatchFailure.exactOptional(),
});
export type BatchState = z.infer<typeof BatchState>;

export type NewBatch = Pick<BatchState, 'batchId' | 'owner' | 'requestHash' | 'manifest' | 'rows'>;

export const acceptBatch = (batch: NewBatch, now: string): BatchState => ({
  ...batch,
  status: 'accepted',
  revision: 1,
  accepted: 0,
  refused: 0,
  createdAt: now,
  updatedAt: now,
  dueAt: plusSeconds(now, DUE_AFTER_SECONDS),
});

const next = (batch: BatchState, patch: Partial<BatchState>, now: string): BatchState => ({
  ...batch,
  ...patch,
  revision: batch.revision + 1,
  updatedAt: now,
});

const gettingOn = (
  { repairs: _, ...batch }: BatchState,
  patch: Partial<BatchState>,
  now: string,
): BatchState => next(batch, { ...patch, dueAt: plusSeconds(now, DUE_AFTER_SECONDS) }, now);

const over = ({ dueAt: _, repairs: __, ...batch }: BatchState, patch: Partial<BatchState>, now: string) =>
  next(batch, patch, now);

export const startExpanding = (batch: BatchState, rows: number, now: string): BatchState =>
  gettingOn(batch, { status: 'expanding', rows }, now);

/** Some more rows were looked at. With the last one the batch is expanded. */
export const countRows = (
  batch: BatchState,
  more: { readonly accepted: number; readonly refused: number },
  now: string,
): BatchState => {
  const counts = { accepted: batch.accepted + more.accepted, refused: batch.refused + more.refused };
  return counts.accepted + counts.refused >= (batch.rows ?? 0)
    ? over(batch, { ...counts, status: 'expanded', expandedAt: now }, now)
    : gettingOn(batch, counts, now);
};

export const failBatch = (batch: BatchState, failure: BatchFailure, now: string): BatchState =>
  over(batch, { status: 'failed', failure }, now);

/** It was sent for once more. Whatever stops it each time stops it after growing pauses. */
export const repairBatch = (batch: BatchState, now: string): BatchState => {
  const repairs = (batch.repairs ?? 0) + 1;
  return next(batch, { repairs, dueAt: plusSeconds(now, repairPauseSeconds(repairs)) }, now);
};

export const isExpanded = ({ status }: BatchState): boolean => status === 'expanded' || status === 'failed';

/** What is known of a row that is no job. */
export const RefusedRow = z
  .object({
    line: z.int().positive().describe('Its line in the manifest, or its place in `jobs`; from 1.'),
    message: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })),
  })
  .meta({ id: 'RefusedRow' });
export type RefusedRow = z.infer<typeof RefusedRow>;

// A row can have as many unknown fields as it likes; a person reads the first few.
const MOST_PROBLEMS = 10;
const MOST_CHARACTERS = 500;

export const refusedRow = (
  line: number,
  problems: readonly { readonly field: string; readonly message: string }[],
): RefusedRow => {
  const errors = problems.slice(0, MOST_PROBLEMS).map(({ field, message }) => ({
    field: field.slice(0, MOST_CHARACTERS),
    message: message.slice(0, MOST_CHARACTERS),
  }));
  return { line, message: errors.map(({ message }) => message).join(' '), errors };
};
