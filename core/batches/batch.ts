import * as z from 'zod';
import { DUE_AFTER_SECONDS, repairPauseSeconds } from '../jobs/change.ts';
import { plusSeconds } from '../kernel/time.ts';

const Time = z.iso.datetime();

/** The file with the rows, pinned to what it was when the batch was accepted. */
export const ManifestFile = z.object({
  bucket: z.string(),
  key: z.string(),
  etag: z.string(),
  /** Set for job requests that came in a body; the format of an uploaded file is read from its content. */
  format: z.literal('jsonl').exactOptional(),
});
export type ManifestFile = z.infer<typeof ManifestFile>;

/** Why a batch stopped. The jobs made until then stay. */
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

/** The record of a batch: how many of its rows became jobs. Each job has a record of its own. */
export const BatchState = z.object({
  batchId: z.string(),
  owner: z.string(),
  status: z.enum(['accepted', 'expanding', 'expanded', 'failed']),
  /** Counts every change; a write says which one it follows. */
  revision: z.int().positive(),
  requestHash: z.string(),
  manifest: ManifestFile,
  /** The number of rows, once the manifest is read. */
  rows: z.int().nonnegative().exactOptional(),
  /** Rows that became jobs, and rows that did not. Their sum is the index of the next row. */
  accepted: z.int().nonnegative(),
  refused: z.int().nonnegative(),
  createdAt: Time,
  updatedAt: Time,
  /** When the last row was accepted or refused. */
  expandedAt: Time.exactOptional(),
  /** When the batch should have advanced; the sweeper's index. */
  dueAt: Time.exactOptional(),
  /** How often the sweeper restarted it since it last advanced. */
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

const advance = ({ repairs: _, ...batch }: BatchState, patch: Partial<BatchState>, now: string): BatchState =>
  next(batch, { ...patch, dueAt: plusSeconds(now, DUE_AFTER_SECONDS) }, now);

const end = ({ dueAt: _, repairs: __, ...batch }: BatchState, patch: Partial<BatchState>, now: string) =>
  next(batch, patch, now);

export const startExpanding = (batch: BatchState, rows: number, now: string): BatchState =>
  advance(batch, { status: 'expanding', rows }, now);

/** Counts the rows of a wave. The last one makes the batch expanded. */
export const countRows = (
  batch: BatchState,
  more: { readonly accepted: number; readonly refused: number },
  now: string,
): BatchState => {
  const counts = { accepted: batch.accepted + more.accepted, refused: batch.refused + more.refused };
  return counts.accepted + counts.refused >= (batch.rows ?? 0)
    ? end(batch, { ...counts, status: 'expanded', expandedAt: now }, now)
    : advance(batch, counts, now);
};

export const failBatch = (batch: BatchState, failure: BatchFailure, now: string): BatchState =>
  end(batch, { status: 'failed', failure }, now);

/** The sweeper restarted the batch. The pause before the next restart grows, so that a batch that fails each time costs little. */
export const repairBatch = (batch: BatchState, now: string): BatchState => {
  const repairs = (batch.repairs ?? 0) + 1;
  return next(batch, { repairs, dueAt: plusSeconds(now, repairPauseSeconds(repairs)) }, now);
};

export const isExpanded = ({ status }: BatchState): boolean => status === 'expanded' || status === 'failed';

/** A row that became no job, and why. */
export const RefusedRow = z
  .object({
    line: z.int().positive().describe('The line in the manifest, or the position in `jobs`, from 1.'),
    message: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })),
  })
  .meta({ id: 'RefusedRow' });
export type RefusedRow = z.infer<typeof RefusedRow>;

// The number of unknown fields in a row has no limit; a person reads the first few.
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
