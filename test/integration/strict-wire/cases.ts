import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CreateBucketCommand,
  S3Client,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { FinalizeRequestMiddleware } from '@smithy/types';
import { jobTable, uniqueName } from '../../support/aws.ts';

/** A request that AWS refuses, and its neighbour that AWS takes. */
export interface Case {
  readonly breaks: () => Promise<unknown>;
  readonly keeps: () => Promise<unknown>;
}

export type Cases = (cloud: TestCloud) => Record<string, Case>;

/** What of a request a case changes. */
export interface OpenRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface TestCloud {
  readonly s3: S3Client;
  readonly documents: DynamoDBDocumentClient;
  readonly sqs: SQSClient;
  readonly sfn: SFNClient;
  readonly events: EventBridgeClient;
  readonly sts: STSClient;
  readonly secrets: SecretsManagerClient;
  readonly bucket: string;
  readonly table: string;
  readonly queue: string;
  readonly stateMachineArn: string;
  readonly secretId: string;
  readonly access: Access;
}

export interface Access {
  readonly endpoint: string;
  readonly region: string;
  readonly maxAttempts: number;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export const startTestCloud = async (endpoint: string): Promise<TestCloud> => {
  const access: Access = {
    endpoint,
    region: 'us-east-1',
    // A refusal is final: the SDK would sign anew after a wrong clock.
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const s3 = new S3Client(access);
  const db = new DynamoDBClient(access);
  const sqs = new SQSClient(access);
  const sfn = new SFNClient(access);
  const secrets = new SecretsManagerClient(access);
  const [bucket, table, secretId] = [uniqueName('wire'), uniqueName('wire'), uniqueName('wire')];
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await db.send(new CreateTableCommand(jobTable(table)));
  await secrets.send(new CreateSecretCommand({ Name: secretId, SecretString: 'secret' }));
  const { QueueUrl: queue = '' } = await sqs.send(new CreateQueueCommand({ QueueName: uniqueName('wire') }));
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name: uniqueName('wire'),
      roleArn: 'arn:aws:iam::000000000000:role/test',
      definition: JSON.stringify({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } }),
    }),
  );
  return {
    s3,
    documents: DynamoDBDocumentClient.from(db),
    sqs,
    sfn,
    events: new EventBridgeClient(access),
    sts: new STSClient(access),
    secrets,
    bucket,
    table,
    queue,
    stateMachineArn,
    secretId,
    access,
  };
};

type Change = (request: OpenRequest) => Partial<OpenRequest>;

/** An S3 client whose requests are changed before or after they are signed. */
export const changing = (
  access: Access,
  moment: 'before' | 'after',
  changed: Change,
  options: object = {},
): S3Client => {
  const client = new S3Client({ ...access, ...options });
  const change: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => (args) => {
    const request = args.request as OpenRequest;
    return next({ ...args, request: Object.assign(request, changed(request)) });
  };
  client.middlewareStack.addRelativeTo(change, { relation: moment, toMiddleware: 'httpSigningMiddleware' });
  return client;
};

export const text = (length: number): string => 'x'.repeat(length);

/** Fetches an address, and throws what S3 answers as the SDK would. */
export const open = async (url: string): Promise<void> => {
  const response = await fetch(url);
  if (response.ok) return void (await response.arrayBuffer());
  const error = new Error(url);
  error.name = /<Code>([^<]+)</.exec(await response.text())?.[1] ?? String(response.status);
  throw error;
};
