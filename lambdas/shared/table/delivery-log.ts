import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { JobRequest } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { Delivery } from '../../../core/webhooks/delivery.ts';
import { environment } from '../platform/environment.ts';
import { loadItem, table } from './dynamodb.ts';
import { DELIVERIES, deliveryKey, jobPartition, requestKey } from './keys.ts';

// Deliveries are kept for as long as questions about a video are likely.
const KEPT_SECONDS = 30 * 86_400;

/** Records a delivery attempt. Where a message came twice, the attempt is recorded once. */
export const saveDelivery = async (jobId: string, delivery: Delivery): Promise<void> => {
  await table().send(
    new PutCommand({
      TableName: environment(Env.jobTable),
      Item: {
        ...deliveryKey(jobId, delivery.sequence, delivery.attempt),
        ...delivery,
        expiresAt: Math.floor(Date.parse(delivery.at) / 1000) + KEPT_SECONDS,
      },
    }),
  );
};

/** All delivery attempts of a job, in the order of its events. */
export const loadDeliveries = async (jobId: string): Promise<Delivery[]> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :delivery)',
      ExpressionAttributeValues: { ':pk': jobPartition(jobId), ':delivery': DELIVERIES },
    }),
  );
  return Items.map((item) => Delivery.parse(item));
};

/** The webhook of a job; nothing when the job is gone. */
export const findWebhook = async (
  jobId: string,
): Promise<{ readonly webhookUrl?: string | undefined } | undefined> => {
  const item = await loadItem(requestKey(jobId));
  return item && JobRequest.pick({ webhookUrl: true }).parse(item);
};
