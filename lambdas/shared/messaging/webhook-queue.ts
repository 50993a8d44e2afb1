import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Env } from '../../../core/kernel/contract.ts';
import type { WebhookMessage } from '../../../core/webhooks/delivery.ts';
import { environment } from '../platform/environment.ts';

let client: SQSClient | undefined;
const queues = (): SQSClient => {
  client ??= new SQSClient({});
  return client;
};

/** An event to be told to its receiver. */
export const enqueueWebhook = async (message: WebhookMessage): Promise<void> => {
  await queues().send(
    new SendMessageCommand({
      QueueUrl: environment(Env.webhookQueue),
      MessageBody: JSON.stringify(message),
    }),
  );
};

/** A message that was received comes again after so many seconds. */
export const deferMessage = async (receiptHandle: string, seconds: number): Promise<void> => {
  await queues().send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: environment(Env.webhookQueue),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    }),
  );
};

/** Nobody could be told of it: kept for a person, as it was, so that it can be moved back into the queue. */
export const deadLetterWebhook = async (body: string): Promise<void> => {
  await queues().send(
    new SendMessageCommand({ QueueUrl: environment(Env.webhookDeadLetters), MessageBody: body }),
  );
};
