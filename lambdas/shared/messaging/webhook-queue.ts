import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Env } from '../../../core/kernel/contract.ts';
import type { WebhookMessage } from '../../../core/webhooks/delivery.ts';
import { environment } from '../platform/environment.ts';

let client: SQSClient | undefined;
const queues = (): SQSClient => {
  client ??= new SQSClient({});
  return client;
};

/** Sends an event to the queue of webhook deliveries. */
export const enqueueWebhook = async (message: WebhookMessage): Promise<void> => {
  await queues().send(
    new SendMessageCommand({
      QueueUrl: environment(Env.webhookQueue),
      MessageBody: JSON.stringify(message),
    }),
  );
};

/** Makes a received message come again after so many seconds. */
export const deferMessage = async (receiptHandle: string, seconds: number): Promise<void> => {
  await queues().send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: environment(Env.webhookQueue),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    }),
  );
};

/** Keeps a message that could not be delivered, unchanged, so that a person can move it back into the queue. */
export const deadLetterWebhook = async (body: string): Promise<void> => {
  await queues().send(
    new SendMessageCommand({ QueueUrl: environment(Env.webhookDeadLetters), MessageBody: body }),
  );
};
