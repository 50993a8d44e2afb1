import { digest, partitionOf } from '../../../core/kernel/ids.ts';
import {
  IndexPartition,
  joinKey,
  Partition,
  SortKey,
  SortKeyPrefix,
  sortableNumber,
  startOf,
} from '../../../core/kernel/table-keys.ts';

// Every key of the job table is made here, and read in `identify.ts`.

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

// A job.

export const jobPartition = (jobId: string): string => joinKey(Partition.job, jobId);
export const stateKey = (jobId: string): ItemKey => ({ pk: jobPartition(jobId), sk: SortKey.state });
export const requestKey = (jobId: string): ItemKey => ({ pk: jobPartition(jobId), sk: SortKey.request });
export const eventSortKey = (sequence: number): string =>
  joinKey(SortKeyPrefix.event, sortableNumber(sequence));
export const eventKey = (jobId: string, sequence: number): ItemKey => ({
  pk: jobPartition(jobId),
  sk: eventSortKey(sequence),
});
export const attemptKey = (jobId: string, attempt: number): ItemKey => ({
  pk: jobPartition(jobId),
  sk: joinKey(SortKeyPrefix.attempt, attempt),
});
export const deliveryKey = (jobId: string, sequence: number, attempt: number): ItemKey => ({
  pk: jobPartition(jobId),
  sk: joinKey(SortKeyPrefix.delivery, sortableNumber(sequence), sortableNumber(attempt, 3)),
});
export const EVENTS = startOf(SortKeyPrefix.event);
export const DELIVERIES = startOf(SortKeyPrefix.delivery);

// A batch: its record, and the rows that are no jobs.

export const batchKey = (batchId: string): ItemKey => ({
  pk: joinKey(Partition.batch, batchId),
  sk: SortKey.state,
});
export const rowKey = (batchId: string, line: number): ItemKey => ({
  pk: joinKey(Partition.batch, batchId),
  sk: joinKey(SortKeyPrefix.row, lineKey(line)),
});
/** A line of a manifest, also in the index of a batch's jobs: `000017`. */
export const lineKey = (line: number): string => sortableNumber(line);

// A provider: its state, its queue, its slots.

export const providerStateKey = (provider: string): ItemKey => ({
  pk: joinKey(Partition.provider, provider),
  sk: SortKey.providerState,
});
/** Written when jobs of the queue may go on at once; the stream starts admit-jobs. */
export const wakeKey = (provider: string): ItemKey => ({
  pk: joinKey(Partition.provider, provider),
  sk: SortKey.wake,
});
export const slotPartition = (provider: string): string => joinKey(Partition.slot, provider);
export const slotKey = (provider: string, slot: string): ItemKey => ({
  pk: slotPartition(provider),
  sk: slot,
});
export const queuePartition = (provider: string): string => joinKey(Partition.queue, provider);
/** @param place the job's queue key (`core/queue/fair-queue.ts`), which decides the order */
export const queueItemKey = (provider: string, place: string): ItemKey => ({
  pk: queuePartition(provider),
  sk: place,
});
export const fairKey = (provider: string, priority: string, owner: string): ItemKey => ({
  pk: joinKey(Partition.fair, provider),
  sk: joinKey(priority, owner),
});
export const latencyKey = (
  video: { readonly provider: string; readonly model: string; readonly resolution: string },
  shard: number,
): ItemKey => ({
  pk: joinKey(Partition.latency, video.provider, video.model, video.resolution),
  sk: String(shard),
});
// DynamoDB allows 2,048 bytes in a partition key.
const LONGEST_TASK_ID_BYTES = 1024;

/** The item that says which job a task belongs to. A longer id is known by its hash. */
export const taskKey = (provider: string, taskId: string): ItemKey => ({
  pk: joinKey(
    Partition.task,
    provider,
    Buffer.byteLength(taskId) > LONGEST_TASK_ID_BYTES ? `sha256:${digest([taskId])}` : taskId,
  ),
  sk: SortKey.taskJob,
});
/** @param messageHash hex: an id of any length and content fits */
export const callbackKey = (provider: string, messageHash: string): ItemKey => ({
  pk: joinKey(Partition.callback, provider, messageHash),
  sk: SortKey.seen,
});

// The inbox.

export const inboxSweepKey = (): ItemKey => ({ pk: Partition.inbox, sk: SortKey.inboxSweep });

// An owner's money.

export const limitsKey = (owner: string): ItemKey => ({
  pk: joinKey(Partition.owner, owner),
  sk: SortKey.limits,
});
export const budgetKey = (owner: string, day: string): ItemKey => ({
  pk: joinKey(Partition.budget, owner, day),
  sk: SortKey.budget,
});
export const spendPartition = (owner: string, day: string): string => joinKey(Partition.spend, owner, day);
export const spendKey = (owner: string, day: string, model: string): ItemKey => ({
  pk: spendPartition(owner, day),
  sk: model,
});

// API keys.

export const API_KEYS_PARTITION = Partition.apiKeys;
export const apiKeyKey = (keyId: string): ItemKey => ({ pk: API_KEYS_PARTITION, sk: keyId });

// The index of what is due.

// So that no stage's open jobs make one partition hot.
const DUE_PARTITIONS = 8;

/** The partitions of the index `due`: the sweeper reads all of them. */
export const duePartitions: readonly string[] = Array.from({ length: DUE_PARTITIONS }, (_, index) =>
  joinKey(IndexPartition.due, index),
);
/** @param id of a job or a batch */
export const duePartition = (id: string): string =>
  joinKey(IndexPartition.due, partitionOf(id, DUE_PARTITIONS));
