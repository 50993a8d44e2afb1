import { randomInt } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Job } from '../../../core/jobs/job.ts';
import { bucketOf, countsOf, halved } from '../../../core/jobs/latency.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { loggable, logger } from '../platform/logger.ts';
import { table } from './dynamodb.ts';
import { type ItemKey, latencyKey } from './keys.ts';

// Every finished video writes a histogram and every submit reads one: four items, so that none is hot. Each learns by itself.
const SHARDS = 4;

/** The histogram to read or write: one at random. */
export const latencyShard = ({ state, request }: Job): ItemKey =>
  latencyKey(
    {
      provider: String(state.provider),
      model: String(state.model),
      resolution: String(request.parameters?.resolution),
    },
    randomInt(SHARDS),
  );

/** Adds a finished video to a histogram. Two writers at once lose a halving at most; an error loses this one video. */
export const learnLatency = async (job: Job, seconds: number): Promise<void> => {
  try {
    await learn(latencyShard(job), bucketOf(seconds));
  } catch (error) {
    logger.warn('latency not learned', { error: loggable(error) });
  }
};

const learn = async (Key: ItemKey, bucket: string): Promise<void> => {
  const TableName = environment(Env.jobTable);
  const { Attributes } = await table().send(
    new UpdateCommand({
      TableName,
      Key,
      UpdateExpression: 'ADD #bucket :one',
      ExpressionAttributeNames: { '#bucket': bucket },
      ExpressionAttributeValues: { ':one': 1 },
      ReturnValues: 'ALL_NEW',
    }),
  );
  const half = halved(countsOf(Attributes));
  if (!half) return;
  await table()
    .send(
      new PutCommand({
        TableName,
        Item: { ...Key, ...half },
        ConditionExpression: '#bucket = :seen',
        ExpressionAttributeNames: { '#bucket': bucket },
        ExpressionAttributeValues: { ':seen': Attributes?.[bucket] },
      }),
    )
    .catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
};
