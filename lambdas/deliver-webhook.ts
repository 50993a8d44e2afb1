import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { plusSeconds } from '../core/kernel/time.ts';
import {
  type CallResult,
  type Delivery,
  isDeliveryDue,
  nextDelivery,
  WebhookMessage,
  waitBeforeNextTry,
  webhookBody,
} from '../core/webhooks/delivery.ts';
import { hostOfWebhook, webhookPolicy } from '../core/webhooks/settings.ts';
import { signedHeaders } from '../core/webhooks/signature.ts';
import { postWebhook } from './shared/http/post-webhook.ts';
import { SlowHosts } from './shared/http/slow-host-filter.ts';
import { deadLetterWebhook, deferMessage } from './shared/messaging/webhook-queue.ts';
import { now } from './shared/platform/clock.ts';
import { loggable, logger } from './shared/platform/logger.ts';
import { settings } from './shared/platform/settings.ts';
import { webhookKeys } from './shared/platform/webhook-keys.ts';
import { findWebhook, loadDeliveries, saveDelivery } from './shared/table/delivery-log.ts';

const slowHosts = new SlowHosts();

/** Sends events to their receivers, all messages of a batch at once: a slow receiver delays the others by its time-out at most. */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const results = await Promise.all(Records.map(handle));
  return { batchItemFailures: results.flatMap((failure) => (failure ? [failure] : [])) };
};

type Failure = SQSBatchResponse['batchItemFailures'][number];

/** Answers the failure that makes SQS show the message again, if it has to come again. */
const handle = async (record: SQSRecord): Promise<Failure | undefined> => {
  try {
    const waitSeconds = await deliver(record);
    if (waitSeconds === undefined) return undefined;
    await deferMessage(record.receiptHandle, waitSeconds);
  } catch (error) {
    return retryLater(record, error);
  }
  return { itemIdentifier: record.messageId };
};

/** An error of our own (the table, the secret): retried for as long as a receiver's. */
const retryLater = async (record: SQSRecord, error: unknown): Promise<Failure | undefined> => {
  logger.error('a webhook could not be sent', { messageId: record.messageId, error: loggable(error) });
  const again = { itemIdentifier: record.messageId };
  try {
    const waitSeconds = waitBeforeNextTry(ageSecondsOf(record), Math.random());
    if (waitSeconds === undefined) await deadLetterWebhook(record.body);
    else await deferMessage(record.receiptHandle, waitSeconds);
    return waitSeconds === undefined ? undefined : again;
  } catch (cause) {
    // The message comes again when the queue shows it, and goes to the dead letters after the last receive.
    logger.error('a webhook could not be deferred', { messageId: record.messageId, error: loggable(cause) });
    return again;
  }
};

const ageSecondsOf = ({ attributes }: SQSRecord): number =>
  (Date.now() - Number(attributes.SentTimestamp)) / 1000;

/** Answers the seconds until the message has to come again; nothing when it is done. */
const deliver = async (record: SQSRecord): Promise<number | undefined> => {
  const message = readMessage(record.body);
  if (!message) {
    logger.error('a message is not an event of a job', { messageId: record.messageId });
    await deadLetterWebhook(record.body);
    return undefined;
  }
  const { jobId } = message.detail;
  const [request, before] = await Promise.all([findWebhook(jobId), loadDeliveries(jobId)]);
  const url = request && (request.webhookUrl ?? settings().webhooks.url);
  // The job was deleted meanwhile, or the stage has no webhook any more.
  if (url === undefined || !isDeliveryDue(message, before)) return undefined;
  const isOwners = request?.webhookUrl !== undefined;
  return tryOnce(record, {
    message,
    url,
    before,
    keys: await webhookKeys(isOwners ? message.detail.owner : undefined),
  });
};

interface Try {
  readonly message: WebhookMessage;
  readonly url: string;
  readonly before: readonly Delivery[];
  readonly keys: readonly Uint8Array[];
}

const tryOnce = async (
  record: SQSRecord,
  { message, url, before, keys }: Try,
): Promise<number | undefined> => {
  const host = hostOfWebhook(url);
  // Not called, so this is no delivery attempt.
  if (slowHosts.has(host)) return Math.max(waitBeforeNextTry(ageSecondsOf(record), Math.random()) ?? 0, 30);
  const at = now();
  const result = await call(message, url, keys, at);
  slowHosts.note(host, 'is' in result && result.is === 'failed');
  const next = nextDelivery(result, ageSecondsOf(record), Math.random());
  const { jobId, eventId, sequence } = message.detail;
  const delivery: Delivery = {
    eventId,
    sequence,
    type: message['detail-type'],
    attempt: before.filter((tried) => tried.eventId === eventId).length + 1,
    at,
    host,
    outcome: next.outcome,
    ...('status' in result ? { status: result.status } : { reason: result.reason }),
    ...('waitSeconds' in next ? { nextAt: plusSeconds(now(), next.waitSeconds) } : {}),
  };
  logger.info('webhook delivery attempted', { jobId, ...delivery });
  await saveDelivery(jobId, delivery);
  if (next.outcome === 'given-up') await deadLetterWebhook(record.body);
  return 'waitSeconds' in next ? next.waitSeconds : undefined;
};

const call = (
  message: WebhookMessage,
  url: string,
  keys: readonly Uint8Array[],
  at: string,
): Promise<CallResult> => {
  const body = webhookBody(message);
  const timestamp = Math.floor(Date.parse(at) / 1000);
  const headers = {
    'content-type': 'application/json',
    ...signedHeaders({ id: message.detail.eventId, timestamp, body }, keys),
  };
  return postWebhook(url, { headers, body }, webhookPolicy(url, settings().webhooks));
};

const readMessage = (body: string): WebhookMessage | undefined => {
  try {
    return WebhookMessage.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
};
