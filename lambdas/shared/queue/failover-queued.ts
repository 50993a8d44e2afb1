import type { Job } from '../../../core/jobs/job.ts';
import { isWaitingAt } from '../../../core/queue/admission.ts';
import { type Alternative, moveQueuedJob } from '../../../core/queue/failover.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { settings } from '../platform/settings.ts';
import { StaleJob } from '../table/job-errors.ts';
import { saveWithWrites } from '../table/job-store.ts';
import { findJob } from '../table/load-job.ts';
import { loadProviderState } from '../table/provider-state.ts';
import { type QueueItem, queueItemWrite } from '../table/queue-items.ts';
import { peekQueue } from '../table/queue-store.ts';
import { assignQueueKey } from './enqueue.ts';
import { alternativeFor, CIRCUIT_OPEN } from './failover.ts';

/** The most moves of one sweep. A provider that is back after a minute still has most of its queue. */
const MOST_MOVES = 50;

/** The most jobs that one sweep reads, since not every job may move. 200 reads cost 50 µ$. */
const MOST_READS = 200;

const isRefusing = ({ breaker, pause }: ProviderState): boolean =>
  breaker !== undefined || pause !== undefined;

/**
 * Moves queued jobs from a provider whose circuit is open to another one, where the stage lets jobs fail over. The queue item moves
 * too, so that the other queue resumes their executions. A provider whose own circuit is open takes none.
 */
export const failOverQueued = async (provider: string, { breaker, pause }: ProviderState): Promise<void> => {
  const { failover } = settings();
  // Jobs of a provider that a person paused wait for that person.
  if (!failover || !breaker || pause) return;
  const heads = await peekQueue(provider, MOST_READS);
  if (heads.length === 0) return;
  const open = await takingOrders(failover.alternatives.map((alternative) => alternative.provider));
  let moves = 0;
  for (const head of heads) {
    if (moves === MOST_MOVES) break;
    const job = await findJob(head.jobId);
    if (!job || !isWaitingAt(job.state, head)) continue;
    const to = alternativeFor(job, CIRCUIT_OPEN, (id) => open.has(id));
    if (!to) continue;
    if (await move(job, head, to)) moves += 1;
  }
  if (moves > 0) logger.warn('jobs moved away from an open circuit', { provider, jobs: moves });
};

const takingOrders = async (providers: readonly string[]): Promise<ReadonlySet<string>> => {
  const states = await Promise.all(
    [...new Set(providers)].map(async (id) => ({ id, providerState: await loadProviderState(id) })),
  );
  return new Set(states.filter(({ providerState }) => !isRefusing(providerState)).map(({ id }) => id));
};

/** One transaction: the record, both queue items, the budget. Answers whether the job was still queued. */
const move = async (job: Job, { token }: QueueItem, to: Alternative): Promise<boolean> => {
  const queueKey = await assignQueueKey(job, to.provider);
  try {
    await saveWithWrites(job, moveQueuedJob(job.state, to, queueKey, CIRCUIT_OPEN.name, now()), [
      queueItemWrite(job.state, to.provider, queueKey, token),
    ]);
    return true;
  } catch (error) {
    // It was admitted, cancelled, or moved by another sweep.
    if (!(error instanceof StaleJob)) throw error;
    return false;
  }
};
