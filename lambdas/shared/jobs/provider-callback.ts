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

// Longer than a copy of the message passes the check of its timestamp.
const REMEMBERED_SECONDS = 4 * TOLERANCE_SECONDS;

/** Whether this message came for the first time. Its id is kept for as long as a copy would be accepted. */
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

/** Starts another run that polls the task that the provider called about, if a job waits for it. */
export const followHint = async (provider: string, body: unknown): Promise<void> => {
  for (const id of taskIdsOf(body)) {
    const found = TaskItem.safeParse(await loadItem(taskKey(provider, id))).data;
    const job = found && (await findJob(found.jobId));
    if (!job) continue;
    const change = applyCallback(job.state, { provider, id }, now());
    logger.info('callback received', { jobId: job.state.jobId, provider, taskId: id, isFollowed: !!change });
    if (!change) return;
    try {
      await restartJob(job, change);
    } catch (error) {
      // Another function changed the job meanwhile, so it goes on.
      if (!(error instanceof StaleJob)) throw error;
    }
    return;
  }
  logger.info('a callback names no task of ours', { provider });
};
