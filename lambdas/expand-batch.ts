import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, SQSEvent } from 'aws-lambda';
import { type BatchState, countRows, failBatch, isExpanded, startExpanding } from '../core/batches/batch.ts';
import { readManifest } from '../core/batches/manifest.ts';
import type { ManifestRow } from '../core/batches/manifest-row.ts';
import { acceptRow, type RowOutcome, refuse } from './shared/jobs/accept-batch-row.ts';
import { ExpandMessage, sendForBatch } from './shared/messaging/batch-queue.ts';
import { now } from './shared/platform/clock.ts';
import { loggable, logger } from './shared/platform/logger.ts';
import { settings } from './shared/platform/settings.ts';
import { readManifestFile } from './shared/storage/manifest-file.ts';
import { findBatch, StaleBatch, saveBatch } from './shared/table/batch-store.ts';

// Of the function's 60 s. Another message continues the batch, so that a large batch does not block a small one.
const STOP_BEFORE_END_MS = 30_000;

// Rows of one wave: accepted at once, counted together.
const MOST_AT_ONCE = 25;

// Step Functions refused a start and its retries: its quota of starts is used up, and other jobs need some of it, too.
const PAUSE_MS = 5000;

// After so many receives a row that always throws is refused, so that it does not block its batch.
const RECEIVES_FOR_A_ROW = 3;

/** Makes jobs of the next rows of a batch, and sends a message for the rest. A message that fails comes again. */
export const handler = async ({ Records }: SQSEvent, context: Context): Promise<void> => {
  for (const { body, attributes } of Records) {
    const { batchId } = ExpandMessage.parse(JSON.parse(body));
    logger.appendKeys({ batchId });
    try {
      await expand(batchId, Number(attributes.ApproximateReceiveCount), context);
    } catch (error) {
      // The function that saved first continues.
      if (error instanceof StaleBatch) logger.info('another function expands this batch');
      else {
        logger.error('batch not expanded', { error: loggable(error) });
        throw error;
      }
    }
  }
};

const expand = async (batchId: string, receives: number, context: Context): Promise<void> => {
  let batch = await findBatch(batchId);
  if (!batch) throw new Error(`There is no batch ${batchId}.`);
  if (isExpanded(batch)) return;
  const file = await readManifestFile(batch.manifest);
  const rows = 'code' in file ? file : readManifest(file, batch.manifest.format);
  if ('code' in rows) {
    logger.warn('batch failed', { code: rows.code });
    await saveBatch(failBatch(batch, rows, now()));
    return;
  }
  if (batch.status === 'accepted' || batch.rows !== rows.length)
    batch = await saveBatch(startExpanding(batch, rows.length, now()));
  while (!isExpanded(batch)) {
    if (context.getRemainingTimeInMillis() < STOP_BEFORE_END_MS) return sendForBatch(batchId);
    batch = await expandWave(batch, rows, receives);
  }
  logger.info('batch expanded', { accepted: batch.accepted, refused: batch.refused });
};

/** Accepts the next rows at once, under the rate limit of the stage, and counts them. */
const expandWave = async (
  batch: BatchState,
  rows: readonly ManifestRow[],
  receives: number,
): Promise<BatchState> => {
  const { rowsPerSecond } = settings().batches;
  const size = Math.min(MOST_AT_ONCE, rowsPerSecond);
  const first = batch.accepted + batch.refused;
  const paced = sleep((1000 * size) / rowsPerSecond);
  const outcomes = await acceptRows(batch, rows.slice(first, first + size), receives);
  const refused = outcomes.filter((outcome) => outcome === 'refused').length;
  const counted = await saveBatch(countRows(batch, { accepted: outcomes.length - refused, refused }, now()));
  if (isExpanded(counted)) return counted;
  await paced;
  if (outcomes.includes('accepted-late')) await sleep(PAUSE_MS);
  return counted;
};

const acceptRows = async (
  batch: BatchState,
  rows: readonly ManifestRow[],
  receives: number,
): Promise<RowOutcome[]> => {
  const tried = await Promise.allSettled(rows.map((row) => acceptRow(batch, row)));
  const doesAnyWork = tried.some(({ status }) => status === 'fulfilled');
  return Promise.all(
    tried.map((one, index) => {
      if (one.status === 'fulfilled') return one.value;
      const line = rows[index]?.line ?? 0;
      logger.error('row not accepted', { line, error: loggable(one.reason) });
      if (!doesAnyWork || receives < RECEIVES_FOR_A_ROW) throw one.reason;
      return refuse(batch, line, [
        {
          field: 'row',
          message: 'Startframe could not process this row; no job was made of it. Send it by itself.',
        },
      ]);
    }),
  );
};
