import type { Job } from '../../../core/jobs/job.ts';
import { isWaitingAt } from '../../../core/queue/admission.ts';
import { type Alternative, moveInLine } from '../../../core/queue/failover.ts';
import type { ProviderControl } from '../../../core/queue/provider-state.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { settings } from '../platform/settings.ts';
import { findJob, StaleJob, saveTogether } from '../table/job-store.ts';
import { loadControl } from '../table/provider-state.ts';
import { putInLine, type QueueItem } from '../table/queue-items.ts';
import { headsOf } from '../table/queue-store.ts';
import { takePlace } from './enqueue.ts';
import { alternativeFor, PARKED } from './failover.ts';

/** In one sweep. A provider that is back after a minute finds most of its queue where it was. */
const MOST_MOVES = 50;

/** So many of the first are looked at, since not every job may move. 200 reads cost 50 µ$. */
const MOST_LOOKS = 200;

const isRefusing = ({ breaker, hold }: ProviderControl): boolean =>
  breaker !== undefined || hold !== undefined;

/**
 * Jobs that stand in the queue of a provider that is parked go over to another one's, where the stage lets jobs fail over: queue
 * item and all, so that whoever lets jobs go on there gives their workflow the word. One that is parked itself is no help.
 */
export const moveWaiting = async (provider: string, { breaker, hold }: ProviderControl): Promise<void> => {
  const { failover } = settings();
  // Where a person stopped the orders they wait for that person.
  if (!failover || !breaker || hold) return;
  const heads = await headsOf(provider, MOST_LOOKS);
  if (heads.length === 0) return;
  const open = await takingOrders(failover.alternatives.map((alternative) => alternative.provider));
  let moves = 0;
  for (const head of heads) {
    if (moves === MOST_MOVES) break;
    const job = await findJob(head.jobId);
    if (!job || !isWaitingAt(job.state, head)) continue;
    const to = alternativeFor(job, PARKED, (id) => open.has(id));
    if (!to) continue;
    if (await move(job, head, to)) moves += 1;
  }
  if (moves > 0) logger.warn('jobs moved away from a parked provider', { provider, jobs: moves });
};

const takingOrders = async (providers: readonly string[]): Promise<ReadonlySet<string>> => {
  const controls = await Promise.all(
    [...new Set(providers)].map(async (id) => ({ id, control: await loadControl(id) })),
  );
  return new Set(controls.filter(({ control }) => !isRefusing(control)).map(({ id }) => id));
};

/** One transaction: the record, its place here and there, what it holds of a budget. Answers whether it was still to be moved. */
const move = async (job: Job, { token }: QueueItem, to: Alternative): Promise<boolean> => {
  const place = await takePlace(job, to.provider);
  try {
    await saveTogether(job, moveInLine(job.state, to, place, PARKED.name, now()), [
      putInLine(job.state, to.provider, place, token),
    ]);
    return true;
  } catch (error) {
    // It was let go on, cancelled, or moved by another sweep.
    if (!(error instanceof StaleJob)) throw error;
    return false;
  }
};
