import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { taskKey } from './keys.ts';
import type { Write } from './write.ts';

// No provider keeps a video for longer: later nobody can fetch it, and no callback comes.
const KEPT_SECONDS = 14 * 86_400;

const CLAIM = 'attribute_not_exists(pk) OR jobId = :jobId';

/**
 * The item that says which job a task belongs to. It is written with the answer that named the task, or when a person names it.
 * A task belongs to one job: another job's claim is refused, so nobody fetches or cancels the task of another owner. A callback
 * finds its job by the same item.
 */
export const taskIndexWrites = (
  provider: string | undefined,
  task: { readonly id: string } | undefined,
  jobId: string,
): Write[] => {
  if (!provider || !task) return [];
  const expiresAt = Math.floor(Date.now() / 1000) + KEPT_SECONDS;
  return [
    {
      Put: {
        TableName: environment(Env.jobTable),
        Item: { ...taskKey(provider, task.id), jobId, expiresAt },
        ConditionExpression: CLAIM,
        ExpressionAttributeValues: { ':jobId': jobId },
      },
    },
  ];
};

export const isTaskClaim = ({ Put }: Write): boolean => Put?.ConditionExpression === CLAIM;
