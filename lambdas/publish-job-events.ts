import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { Env, EVENT_SOURCE } from '../core/contract.ts';
import { JobEvent } from '../core/job-events.ts';
import { environment } from './shared/environment.ts';
import { logger } from './shared/logger.ts';

const bus = new EventBridgeClient({});
const queue = new SQSClient({});

// PutEvents takes ten at a time.
const BATCH = 10;

interface Outgoing {
  readonly sequenceNumber: string;
  readonly entry: PutEventsRequestEntry;
}

/**
 * Publishes what the table's stream brings of the timeline, in order. The first record that the bus does not take is where
 * the stream goes on, so nothing is lost; a record that can never be published goes to the dead letters whole.
 */
export const handler = async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  const outgoing: Outgoing[] = [];
  for (const record of Records) {
    const read = toEntry(record);
    if ('entry' in read) outgoing.push(read);
    else await bury(record, read.reason);
  }
  for (let start = 0; start < outgoing.length; start += BATCH) {
    const refused = await publish(outgoing.slice(start, start + BATCH));
    if (refused) return { batchItemFailures: [{ itemIdentifier: refused.sequenceNumber }] };
  }
  return { batchItemFailures: [] };
};

const toEntry = (record: DynamoDBRecord): Outgoing | { readonly reason: string } => {
  // The stream's types come from another package than the SDK's; the shape is the same.
  const image = record.dynamodb?.NewImage as Record<string, AttributeValue> | undefined;
  const event = JobEvent.safeParse(image ? unmarshall(image) : undefined);
  if (!event.success) return { reason: event.error.message };
  const { type, pk: _pk, sk: _sk, ...detail } = event.data;
  return {
    sequenceNumber: record.dynamodb?.SequenceNumber ?? '',
    entry: {
      Source: EVENT_SOURCE,
      DetailType: type,
      Time: new Date(detail.at),
      Detail: JSON.stringify(detail),
      EventBusName: environment(Env.eventBus),
    },
  };
};

/** Answers the first event that the bus did not take. Those behind it are published again: consumers know doubles. */
const publish = async (batch: readonly Outgoing[]): Promise<Outgoing | undefined> => {
  const { Entries = [] } = await bus.send(new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) }));
  const first = Entries.findIndex(({ ErrorCode }) => ErrorCode !== undefined);
  if (first < 0) return undefined;
  logger.warn('the bus refused an event', {
    code: Entries[first]?.ErrorCode,
    reason: Entries[first]?.ErrorMessage,
  });
  return batch[first];
};

const bury = async (record: DynamoDBRecord, reason: string): Promise<void> => {
  logger.error('an event cannot be published', { reason, sequenceNumber: record.dynamodb?.SequenceNumber });
  await queue.send(
    new SendMessageCommand({
      QueueUrl: environment(Env.eventDeadLetters),
      MessageBody: JSON.stringify({ reason, record }),
    }),
  );
};
