import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { logger } from './shared/platform/logger.ts';
import { settings } from './shared/platform/settings.ts';
import { dequeueJobs } from './shared/queue/dequeue.ts';
import { identify } from './shared/table/identify.ts';

/**
 * The table's stream reports that a job was enqueued, that a slot was released, or that a provider resumed. A record is only a
 * reason to read the queue itself. The sweeper finds within a minute what is missed here.
 */
export const handler = async ({ Records }: DynamoDBStreamEvent): Promise<void> => {
  const providers = new Set(Records.map(providerOf));
  for (const provider of providers) {
    if (provider in settings().providers) await dequeueJobs(provider);
    else logger.error('a stream record names no provider of the settings', { provider });
  }
};

const providerOf = ({ dynamodb }: DynamoDBRecord): string => {
  const { pk, sk } = dynamodb?.Keys ?? {};
  const identity = identify({ pk: pk?.S ?? '', sk: sk?.S ?? '' });
  return 'provider' in identity ? identity.provider : '';
};
