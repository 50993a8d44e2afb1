import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { applyCallback, taskIdsOf } from '../../../core/jobs/callback.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { TOLERANCE_SECONDS } from '../../../core/webhooks/signature.ts';
import { restartJob } from '../messaging/executions.ts';
import { now } from '../platform/clock.ts';
import { environment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { loadItem, table } from '../table/dynamodb.ts';
import { StaleJob } from '../table/job-errors.ts';
import { callbackKey, taskKey } from '../table/keys.ts';
import { findJob } from '../table/load-job.ts';

// Longer than a copy passes the check of its time, early and late.
const REMEMBERED_SECONDS = 4 * TOLERANCE_SECONDS;

/** Whether this message came for the first time; it is remembered for as long as a copy of it could be believed. */
export const claimMessageId = async (provider: string, messageId: string): Promise<boolean> => {
  const id = createHash('sha256').update(messageId).digest('hex');
  try {
    await table().send(
      new PutCommand({
        TableName: environment(Env.jobTable),
        Item: {
          ...callbackKey(provider, id),
          expiresAt: Math.floor(Date.now() / 1000) + REMEMBERED_SECONDS,
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};

const TaskItem = z.object({ jobId: z.string() });

/** Has another run ask for the task that a provider called about, if a job waits for it. */
export const followHint = async (provider: string, body: unknown): Promise<void> => {
  for (const id of taskIdsOf(body)) {
    const found = TaskItem.safeParse(await loadItem(taskKey(provider, id))).data;
    const job = found && (await findJob(found.jobId));
    if (!job) continue;
    const change = applyCallback(job.state, { provider, id }, now());
    logger.info('called back', { jobId: job.state.jobId, provider, taskId: id, isFollowed: !!change });
    if (!change) return;
    try {
      await restartJob(job, change);
    } catch (error) {
      // Somebody moved it meanwhile, so it is being looked after.
      if (!(error instanceof StaleJob)) throw error;
    }
    return;
  }
  logger.info('called back about nothing of ours', { provider });
};
