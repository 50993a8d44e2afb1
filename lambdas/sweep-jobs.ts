import { CIRCUIT_OPEN_LOGGED } from '../core/kernel/contract.ts';
import { plusSeconds } from '../core/kernel/time.ts';
import { repairDueBatch } from './shared/jobs/repair-batch.ts';
import { repairDueJob } from './shared/jobs/repair-job.ts';
import { type Outgoing, publish, toOutgoing } from './shared/messaging/event-bus.ts';
import { now } from './shared/platform/clock.ts';
import { loggable, logger } from './shared/platform/logger.ts';
import { settings } from './shared/platform/settings.ts';
import { failOverQueued } from './shared/queue/failover-queued.ts';
import { sweepQueue } from './shared/queue/sweep-queue.ts';
import { type DueItem, dueItems, postpone } from './shared/table/due-items.ts';
import { loadItem } from './shared/table/dynamodb.ts';
import { identify } from './shared/table/identify.ts';
import { duePartitions } from './shared/table/keys.ts';
import { loadProviderState } from './shared/table/provider-state.ts';

// The next sweep begins a minute after this one; the function has 60 s.
const SWEEP_MS = 45_000;

// An item that could not be handled is due again after so long, so that it does not block the others.
const PAUSE_AFTER_ERROR_SECONDS = 600;

/** Some items could not be handled. They come again; the others were. */
class SweepIncomplete extends Error {
  override readonly name = 'SweepIncomplete';
}

/**
 * Repairs what should have happened by now: open jobs without a running execution, batches that stopped, unpublished events,
 * queues that missed a free slot. Oldest first, a page at a time, for less than a minute: a handled item is due later, so the next
 * sweep continues with the rest.
 */
export const handler = async (): Promise<void> => {
  const until = Date.now() + SWEEP_MS;
  const swept = await Promise.all([
    ...duePartitions.map((partition) => sweep(partition, until)),
    ...Object.keys(settings().providers).map(sweepProvider),
  ]);
  const failures = swept.reduce((sum, count) => sum + count, 0);
  if (failures > 0) throw new SweepIncomplete(`${failures} items could not be handled; the log says which.`);
};

/** Answers how many items could not be handled. */
const sweep = async (partition: string, until: number): Promise<number> => {
  let failures = 0;
  try {
    for await (const page of dueItems(partition, now())) {
      for (const item of page) {
        const repair = repairOf(item);
        if (!repair) continue;
        if (Date.now() > until) return failures;
        failures += await handle([item], repair);
      }
      const events = page.filter((item) => identify(item).is === 'event');
      failures += await handle(events, () => publishAgain(events));
    }
    return failures;
  } catch (error) {
    // An error in one partition of the index does not stop the other seven.
    logger.error('a partition could not be swept', { partition, error: loggable(error) });
    return failures + 1;
  }
};

/** The repair of a job or a batch that is due; nothing for other items. */
const repairOf = (item: DueItem): (() => Promise<void>) | undefined => {
  const identity = identify(item);
  switch (identity.is) {
    case 'job-state':
      return () => repairDueJob(identity.jobId);
    case 'batch-state':
      return () => repairDueBatch(identity.batchId);
    default:
      return undefined;
  }
};

/** Frees leaked slots, sends lost signals again, dequeues after a pause, and fails queued jobs over. */
const sweepProvider = async (provider: string): Promise<number> => {
  try {
    await sweepQueue(provider);
    const providerState = await loadProviderState(provider);
    const { code, since, retryAt } = providerState.breaker ?? {};
    // Each minute anew, from the table: an alarm counts these lines, and no function that crashes can keep it silent.
    if (providerState.breaker) logger.warn(CIRCUIT_OPEN_LOGGED, { provider, code, since, until: retryAt });
    await failOverQueued(provider, providerState);
    return 0;
  } catch (error) {
    logger.error('a queue could not be swept', { provider, error: loggable(error) });
    return 1;
  }
};

const handle = async (items: readonly DueItem[], work: () => Promise<void>): Promise<number> => {
  try {
    await work();
    return 0;
  } catch (error) {
    logger.error('not swept', { items: items.map(({ pk, sk }) => `${pk} ${sk}`), error: loggable(error) });
    await Promise.allSettled(
      items.map((item) => postpone(item, plusSeconds(now(), PAUSE_AFTER_ERROR_SECONDS))),
    );
    return items.length;
  }
};

/** Publishes events that the stream did not bring to the bus in time. Consumers may see them twice, and late. */
const publishAgain = async (items: readonly DueItem[]): Promise<void> => {
  const outgoing: Outgoing[] = [];
  for (const item of items) {
    const found = await loadItem(item);
    // Published since the index was read.
    if (found?.due === undefined) continue;
    const event = toOutgoing(found);
    if ('entry' in event) outgoing.push(event);
    else {
      logger.error('an event cannot be published', { pk: item.pk, sk: item.sk, reason: event.reason });
      await postpone(item, plusSeconds(now(), 86_400));
    }
  }
  if (outgoing.length > 0) logger.warn('publishing late events', { events: outgoing.length });
  if (await publish(outgoing)) throw new Error('The bus refused an event.');
};
