import * as z from 'zod';
import type { JobState } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { Partition, startOf } from '../../../core/kernel/table-keys.ts';
import type { Admission } from '../../../core/queue/admission.ts';
import { environment } from '../platform/environment.ts';
import { queueItemKey, slotKey } from './keys.ts';
import type { Write } from './write.ts';

// The items by which jobs wait and hold slots, and how a change of a job moves them.

/** A job that waits, and what its workflow waits with. */
export const QueueItem = z.object({
  pk: z.string(),
  /** The job's place. */
  sk: z.string(),
  jobId: z.string(),
  owner: z.string(),
  run: z.int().positive(),
  token: z.string(),
});
export type QueueItem = z.infer<typeof QueueItem>;

/** A slot that is taken. With a token the job came from the queue, and its workflow is (or was) waiting for the word. */
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

/** The job's provider. One without a provider never comes this far. */
export const providerOf = ({ provider = '' }: JobState): string => provider;

/** The job in the queue of a provider, with what its workflow waits with. */
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

/** The slot of a job that is let go on; refused where another has it by now. */
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

/** Whether a write gives back a slot, which is refused when the slot is another job's. */
export const isSlotReturn = ({ Delete }: Write): boolean =>
  String(Delete?.Key?.pk).startsWith(startOf(Partition.slot));

/** The slot of a job that was not let in, but is in flight all the same: a task that a person found. Written in the same transaction. */
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
 * What a change of a job gives back, in the same transaction: its slot, and its place in the queue while it stands there (the
 * item of one that was admitted is gone already). A slot that somebody else has by now is theirs.
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
