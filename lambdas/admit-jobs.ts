import type { DynamoDBStreamEvent } from 'aws-lambda';
import { logger } from './shared/platform/logger.ts';
import { settings } from './shared/platform/settings.ts';
import { dequeueJobs } from './shared/queue/dequeue.ts';
import { providerOfKey } from './shared/table/queue-items.ts';

/**
 * The table's stream tells that somebody began to wait, that a slot was given back, or that a provider goes on. What it tells is
 * only a reason to look: the queue itself is read, and whatever is missed here the sweeper finds within a minute.
 */
export const handler = async ({ Records }: DynamoDBStreamEvent): Promise<void> => {
  const providers = new Set(Records.map(({ dynamodb }) => providerOfKey(dynamodb?.Keys?.pk?.S ?? '')));
  for (const provider of providers) {
    if (provider in settings().providers) await dequeueJobs(provider);
    else logger.error('a queue of a provider that is not in the settings', { provider });
  }
};
