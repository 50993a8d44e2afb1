import { secondsBetween } from '../../../core/kernel/time.ts';
import { needsSlot } from '../../../core/queue/admission.ts';
import { resumeExecution } from '../messaging/task-token.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { findJob } from '../table/load-job.ts';
import { removeItem, slotsOf } from '../table/queue-store.ts';
import { dequeueJobs } from './dequeue.ts';

/** A slot is checked when its job should have been under way for so long. */
const CHECK_AFTER_SECONDS = 60;

/**
 * Repairs what a crash or a lost message left: frees a slot without a job, resumes an execution again that missed its signal, and
 * dequeues. The sweeper does this each minute.
 */
export const sweepQueue = async (provider: string): Promise<void> => {
  for (const slot of await slotsOf(provider)) {
    if (secondsBetween(slot.since, now()) < CHECK_AFTER_SECONDS) continue;
    const job = await findJob(slot.jobId);
    if (!job || job.state.provider !== provider || !needsSlot(job.state, slot.sk)) {
      logger.warn('a slot has no job', { provider, slot: slot.sk, jobId: slot.jobId });
      await removeItem(slot, {}, 'jobId = :job AND since = :since', {
        ':job': slot.jobId,
        ':since': slot.since,
      });
    } else if (job.state.status === 'queued' && job.state.run === slot.run && slot.token !== undefined) {
      await resumeExecution(job.state, slot.token, now());
    }
  }
  await dequeueJobs(provider);
};
