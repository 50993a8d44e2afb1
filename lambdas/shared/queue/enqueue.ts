import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Job } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { enqueue, mayWait } from '../../../core/queue/admission.ts';
import { nextStartTag, queueKeyOf, virtualTimeOf } from '../../../core/queue/fair-queue.ts';
import { DEFAULT_PRIORITY, type Priority } from '../../../core/request/priority.ts';
import { now } from '../platform/clock.ts';
import { environment } from '../platform/environment.ts';
import { table } from '../table/dynamodb.ts';
import { StaleJob } from '../table/job-errors.ts';
import { saveWithWrites } from '../table/job-store.ts';
import { fairKey, type ItemKey, slotKey } from '../table/keys.ts';
import { loadProviderState } from '../table/provider-state.ts';
import { providerOf, queueItemWrite } from '../table/queue-items.ts';

/** Puts a job into the queue, with the task token of its execution. Throws `StaleJob` when it does not wait any more. */
export const enqueueJob = async (job: Job, token: string): Promise<void> => {
  const { state } = job;
  if (!mayWait(state)) throw new StaleJob('The job does not wait.');
  const provider = providerOf(state);
  const { jobId, run } = state;
  if (state.slot !== undefined) {
    // Admitted at the moment when its execution began to wait anew: the sweeper resumes it with the new token.
    await update(
      slotKey(provider, state.slot),
      'SET #token = :token, run = :run',
      'jobId = :job',
      { ':token': token, ':run': run, ':job': jobId },
      { '#token': 'token' },
    );
    return;
  }
  const queueKey = state.queueKey ?? (await assignQueueKey(job, provider));
  await saveWithWrites(job, enqueue(state, queueKey, now()), [
    queueItemWrite(state, provider, queueKey, token),
  ]);
};

/** The job's key in the queue of a provider: behind its owner's other jobs. A key that is never used does no harm. */
export const assignQueueKey = async ({ state, request }: Job, provider: string): Promise<string> => {
  const { priority = DEFAULT_PRIORITY } = request;
  return queueKeyOf(priority, await takeTag(provider, priority, state.owner), state.jobId);
};

/** The next start tag of the owner. Owners do not conflict with each other here. */
const takeTag = async (provider: string, priority: Priority, owner: string): Promise<number> => {
  const clock = virtualTimeOf((await loadProviderState(provider)).virtualTimes, priority);
  const key = fairKey(provider, priority, owner);
  for (;;) {
    const isBehind = 'attribute_not_exists(tag) OR tag < :clock';
    const begun = await update(key, 'SET tag = :next', isBehind, {
      ':next': nextStartTag(clock, undefined),
      ':clock': clock,
    });
    const taken =
      begun ?? (await update(key, 'SET tag = tag + :one', 'tag >= :clock', { ':one': 1, ':clock': clock }));
    if (taken) return Number(taken.tag);
  }
};

/** Answers the item, or nothing where the condition did not hold. */
const update = async (
  Key: ItemKey,
  expression: string,
  condition: string,
  values: Record<string, unknown>,
  names?: Record<string, string>,
): Promise<Record<string, unknown> | undefined> => {
  try {
    const { Attributes } = await table().send(
      new UpdateCommand({
        TableName: environment(Env.jobTable),
        Key,
        UpdateExpression: expression,
        ConditionExpression: condition,
        ExpressionAttributeValues: values,
        ...(names ? { ExpressionAttributeNames: names } : {}),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
};
