import { isExpanded, repairBatch } from '../../../core/batches/batch.ts';
import { sendForBatch } from '../messaging/batch-queue.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { findBatch, StaleBatch, saveBatch } from '../table/batch-store.ts';

/** Continues a batch that should have gone on by now. */
export const repairDueBatch = async (batchId: string): Promise<void> => {
  const batch = await findBatch(batchId);
  // The index may lag behind the batch.
  if (!batch?.dueAt || batch.dueAt > now() || isExpanded(batch)) return;
  logger.warn('batch had stopped', { batchId, accepted: batch.accepted, refused: batch.refused });
  await sendForBatch(batchId);
  try {
    await saveBatch(repairBatch(batch, now()));
  } catch (error) {
    // The batch went on meanwhile: nothing to repair.
    if (!(error instanceof StaleBatch)) throw error;
  }
};
