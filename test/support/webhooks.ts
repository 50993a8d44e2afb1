import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { Env } from '../../core/kernel/contract.ts';
import { uniqueName } from './aws.ts';

/** What the stack's grants give the functions of the webhooks: two queues, and the secret. */
export interface TestWebhooks {
  /** A message as the function receives it, sent so many seconds ago. Until it is put off it stays hidden for 180 s. */
  receive(body: unknown, ageSeconds?: number): Promise<SQSRecord>;
  /** What can be received from the queue now. */
  waiting(): Promise<string[]>;
  buried(): Promise<string[]>;
  changeSecret(secret: string): Promise<void>;
}

/** After `startAws`. */
export const startWebhooks = async (): Promise<TestWebhooks> => {
  const sqs = new SQSClient({});
  const secrets = new SecretsManagerClient({});
  const create = async (QueueName: string, visibility: string) => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: visibility } }),
    );
    return QueueUrl;
  };
  const queue = await create(uniqueName('webhooks'), '180');
  const dead = await create(uniqueName('webhooks-dead'), '0');
  const { ARN = '' } = await secrets.send(
    new CreateSecretCommand({ Name: uniqueName('webhooks'), SecretString: 'the-first-secret' }),
  );
  Object.assign(process.env, {
    [Env.webhookQueue]: queue,
    [Env.webhookDeadLetters]: dead,
    [Env.webhookSecret]: ARN,
  });
  const messages = async (QueueUrl: string) => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    return Messages;
  };
  const bodies = async (url: string) => (await messages(url)).map(({ Body = '' }) => Body);
  return {
    waiting: () => bodies(queue),
    buried: () => bodies(dead),
    async receive(body, ageSeconds = 0) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: text }));
      // Others may have come back meanwhile.
      const message = (await messages(queue)).find(({ Body }) => Body === text);
      return {
        messageId: message?.MessageId ?? '',
        receiptHandle: message?.ReceiptHandle ?? '',
        body: message?.Body ?? '',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: String(Date.now() - ageSeconds * 1000),
          SenderId: 's',
          ApproximateFirstReceiveTimestamp: String(Date.now()),
        },
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:webhooks',
        awsRegion: 'us-east-1',
      };
    },
    async changeSecret(secret) {
      await secrets.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: secret }));
    },
  };
};
