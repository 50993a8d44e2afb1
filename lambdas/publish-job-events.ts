import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { ATTENTION_LOGGED, Env } from '../core/kernel/contract.ts';
import { type Outgoing, publish, toOutgoing } from './shared/messaging/event-bus.ts';
import { environment } from './shared/platform/environment.ts';
import { logger } from './shared/platform/logger.ts';

const queue = new SQSClient({});

type Streamed = Outgoing & { readonly sequenceNumber: string };

/**
 * Publishes the events that the table's stream brings, in order. The stream goes on from the first record that the bus refused,
 * so nothing is lost. A record that can never be published goes to the dead letters whole.
 */
export const handler = async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  const outgoing: Streamed[] = [];
  for (const record of Records) {
    const read = toOutgoing(imageOf(record));
    if ('entry' in read) outgoing.push({ ...read, sequenceNumber: record.dynamodb?.SequenceNumber ?? '' });
    else await deadLetter(record, read.reason);
  }
  for (const { attention } of outgoing) if (attention) logger.warn(ATTENTION_LOGGED, { ...attention });
  const refused = await publish(outgoing);
  return { batchItemFailures: refused ? [{ itemIdentifier: refused.sequenceNumber }] : [] };
};

const imageOf = (record: DynamoDBRecord): Record<string, unknown> | undefined => {
  // The stream's types and the SDK's are from two packages; the shape is the same.
  const image = record.dynamodb?.NewImage as Record<string, AttributeValue> | undefined;
  return image && unmarshall(image);
};

const deadLetter = async (record: DynamoDBRecord, reason: string): Promise<void> => {
  logger.error('an event cannot be published', { reason, sequenceNumber: record.dynamodb?.SequenceNumber });
  await queue.send(
    new SendMessageCommand({
      QueueUrl: environment(Env.eventDeadLetters),
      MessageBody: JSON.stringify({ reason, record }),
    }),
  );
};
