import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { keyAttributes, tableSchema } from '../../core/jobs/table-schema.ts';
import { Env } from '../../core/kernel/contract.ts';
import type { RuntimeSettings } from '../../core/settings.ts';
import { requireFromSetup, TEST_AWS } from './set-up/handover.ts';

/**
 * AWS for the tests of single handlers: a table, buckets, a secret and a state machine that does nothing, in the MiniStack
 * of the run. The names are the test file's own, so files run side by side. The real template runs in the end-to-end tests;
 * here only the wire is not the real one.
 */
export interface TestAws {
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly stateMachineArn: string;
  /** Writes an object and answers its version. */
  put(
    key: string,
    body: Uint8Array | string,
    metadata?: Record<string, string>,
    bucket?: string,
  ): Promise<string>;
  /** Deletes one version of an object for good. */
  removeVersion(bucket: string, key: string, versionId: string): Promise<void>;
  /** Deletes an object. */
  remove(key: string, bucket?: string): Promise<void>;
  etag(key: string, bucket?: string): Promise<string>;
  /** Every item of a job, by sort key. */
  items(jobId: string): Promise<Record<string, Record<string, unknown>>>;
  setKey(provider: string, key: string): Promise<void>;
  stop(): Promise<void>;
}

const suffix = randomBytes(4).toString('hex');

/** A name that no other test file has. */
export const uniqueName = (name: string): string => `${name}-${suffix}`;

export const buckets = {
  inbox: uniqueName('test-inbox'),
  frames: uniqueName('test-frames'),
  videos: uniqueName('test-videos'),
} as const;

const TABLE = uniqueName('test-jobs');

const keySchema = ({
  partitionKey,
  sortKey,
}: {
  readonly partitionKey: string;
  readonly sortKey: string;
}) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  { AttributeName: sortKey, KeyType: 'RANGE' as const },
];

/** The job table as the stack deploys it. */
export const jobTable = (TableName: string): CreateTableCommandInput => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: keySchema(tableSchema),
  AttributeDefinitions: keyAttributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  GlobalSecondaryIndexes: tableSchema.indexes.map((index) => ({
    IndexName: index.name,
    KeySchema: keySchema(index),
    Projection:
      index.attributes.length > 0
        ? { ProjectionType: 'INCLUDE', NonKeyAttributes: [...index.attributes] }
        : { ProjectionType: 'KEYS_ONLY' },
  })),
});

const createSecrets = async (
  secrets: SecretsManagerClient,
  providers: readonly string[],
  unfilled: readonly string[],
): Promise<Record<string, string>> => {
  const arns: Record<string, string> = {};
  for (const provider of providers) {
    const { ARN } = await secrets.send(
      new CreateSecretCommand({
        Name: uniqueName(provider),
        ...(unfilled.includes(provider) ? {} : { SecretString: 'test-key' }),
      }),
    );
    arns[provider] = ARN ?? '';
  }
  return arns;
};

/**
 * Makes them and sets the environment as the grants of the stack would. Handlers are imported after this. The secrets of
 * `unfilled` providers have no value, as the stack deploys them.
 */
export const startAws = async (
  settings: RuntimeSettings,
  { unfilled = [] }: { readonly unfilled?: readonly string[] } = {},
): Promise<TestAws> => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-test-'));
  const settingsFile = join(folder, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify(settings));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: requireFromSetup(TEST_AWS),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });

  const s3 = new S3Client({});
  const sfn = new SFNClient({});
  const secrets = new SecretsManagerClient({});
  const sqs = new SQSClient({});
  const db = new DynamoDBClient({});
  await db.send(new CreateTableCommand(jobTable(TABLE)));
  for (const Bucket of Object.values(buckets)) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  }
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name: uniqueName('test'),
      roleArn: 'arn:aws:iam::000000000000:role/test',
      definition: JSON.stringify({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } }),
    }),
  );
  const { QueueUrl: batchQueue = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: uniqueName('test-batches') }),
  );
  const arns = await createSecrets(secrets, Object.keys(settings.providers), unfilled);
  Object.assign(process.env, {
    [Env.jobTable]: TABLE,
    [Env.jobWorkflow]: stateMachineArn,
    [Env.inboxBucket]: buckets.inbox,
    [Env.frameBucket]: buckets.frames,
    [Env.videoBucket]: buckets.videos,
    [Env.batchQueue]: batchQueue,
    [Env.frameReaderRole]: 'arn:aws:iam::000000000000:role/frame-reader',
    [Env.providerSecrets]: JSON.stringify(arns),
    [Env.settingsFile]: settingsFile,
  });
  const documents = DynamoDBDocumentClient.from(db);

  return {
    s3,
    sfn,
    stateMachineArn,
    async stop() {
      for (const client of [s3, sfn, secrets, sqs, db]) client.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
    async put(key, body, metadata = {}, bucket = buckets.inbox) {
      const { VersionId = '' } = await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body), Metadata: metadata }),
      );
      return VersionId;
    },
    async removeVersion(Bucket, Key, VersionId) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    },
    async remove(key, bucket = buckets.inbox) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    async etag(key, bucket = buckets.inbox) {
      const { ETag = '' } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return ETag;
    },
    async items(jobId) {
      const { Items = [] } = await documents.send(
        new QueryCommand({
          TableName: TABLE,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `J#${jobId}` },
        }),
      );
      return Object.fromEntries(Items.map((item) => [String(item.sk), item]));
    },
    async setKey(provider, key) {
      await secrets.send(new PutSecretValueCommand({ SecretId: arns[provider], SecretString: key }));
    },
  };
};
