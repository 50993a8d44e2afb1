import * as z from 'zod';
import type { JobState } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { Partition, startOf } from '../../../core/kernel/table-keys.ts';
import type { Admission } from '../../../core/queue/admission.ts';
import { environment } from '../platform/environment.ts';
import { queueItemKey, slotKey } from './keys.ts';
import type { Write } from './write.ts';

// The queue items and slots of jobs, and how a change of a job moves them.

/** A job that waits, and the task token of its execution. */
export const QueueItem = z.object({
  pk: z.string(),
  /** The job's queue key. */
  sk: z.string(),
  jobId: z.string(),
  owner: z.string(),
  run: z.int().positive(),
  token: z.string(),
});
export type QueueItem = z.infer<typeof QueueItem>;

/** A slot that is taken. With a token the job came from the queue, and its execution waits (or waited) to be resumed. */
export const SlotItem = z.object({
  pk: z.string(),
  sk: z.string(),
  jobId: z.string(),
  run: z.int().positive(),
  token: z.string().exactOptional(),
  /** When the job should be under way. */
  since: z.string(),
});
export type SlotItem = z.infer<typeof SlotItem>;

/** The job's provider. A job without one is never prepared. */
export const providerOf = ({ provider = '' }: JobState): string => provider;

/** The write that enqueues a job at a provider, with the task token of its execution. */
export const queueItemWrite = (
  { jobId, owner, run }: JobState,
  provider: string,
  queueKey: string,
  token: string,
): Write => ({
  Put: {
    TableName: environment(Env.jobTable),
    Item: { ...queueItemKey(provider, queueKey), jobId, owner, run, token },
  },
});

/** The write of an admitted job's slot; refused where another job has the slot by now. */
export const putSlot = (state: JobState, { slot, sendAt }: Admission, token?: string): Write => ({
  Put: {
    TableName: environment(Env.jobTable),
    Item: {
      ...slotKey(providerOf(state), slot),
      jobId: state.jobId,
      run: state.run,
      since: sendAt,
      ...(token === undefined ? {} : { token }),
    },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

/** Whether a write releases a slot. Such a write is refused when the slot is another job's by now. */
export const isSlotRelease = ({ Delete }: Write): boolean =>
  String(Delete?.Key?.pk).startsWith(startOf(Partition.slot));

/** The slot of a job that is in flight without an admission: a person found its task. Written with the job. */
export const untrackedSlotWrites = (before: JobState, after: JobState): Write[] =>
  before.slot === undefined && after.slot !== undefined && after.task !== undefined
    ? [
        {
          Put: {
            TableName: environment(Env.jobTable),
            Item: {
              ...slotKey(providerOf(after), after.slot),
              jobId: after.jobId,
              run: after.run,
              since: after.updatedAt,
            },
          },
        },
      ]
    : [];

/**
 * The writes by which a change of a job releases its slot and its queue item, in the same transaction (an admitted job has no queue
 * item any more). A slot that another job has by now stays.
 */
export const releaseWrites = (before: JobState, after: JobState): Write[] => {
  const { provider = '' } = before;
  const hasMoved = after.provider !== before.provider;
  const writes: Write[] = [];
  if (before.slot !== undefined && (hasMoved || after.slot !== before.slot))
    writes.push({
      Delete: {
        TableName: environment(Env.jobTable),
        Key: slotKey(provider, before.slot),
        ConditionExpression: 'attribute_not_exists(pk) OR jobId = :job',
        ExpressionAttributeValues: { ':job': before.jobId },
      },
    });
  if (
    before.queueKey !== undefined &&
    before.slot === undefined &&
    (hasMoved || after.queueKey !== before.queueKey)
  )
    writes.push({
      Delete: {
        TableName: environment(Env.jobTable),
        Key: queueItemKey(provider, before.queueKey),
      },
    });
  return writes;
};
