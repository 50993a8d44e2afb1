import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { ensurePythonEnvironment } from '../../local/python-environment.ts';
import { freePort } from './free-port.ts';

/**
 * AWS for the tests of single handlers: a MiniStack of its own with a table, buckets, a secret and a state machine that does
 * nothing. The real template runs in the end-to-end tests; here only the wire is not the real one.
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

export const buckets = { inbox: 'test-inbox', frames: 'test-frames', videos: 'test-videos' } as const;

const TABLE = 'test-jobs';

const untilHealthy = async (endpoint: string, cloud: ChildProcess): Promise<void> => {
  for (let tries = 0; tries < 300; tries += 1) {
    if (cloud.exitCode !== null) throw new Error(`MiniStack ended with code ${cloud.exitCode}.`);
    const isUp = await fetch(`${endpoint}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await sleep(100);
  }
  throw new Error('MiniStack did not come up within 30 s.');
};

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
): Promise<Record<string, string>> => {
  const arns: Record<string, string> = {};
  for (const provider of providers) {
    const { ARN } = await secrets.send(new CreateSecretCommand({ Name: provider, SecretString: 'test-key' }));
    arns[provider] = ARN ?? '';
  }
  return arns;
};

/** Starts it and sets the environment as the grants of the stack would. Handlers are imported after this. */
export const startAws = async (settings: RuntimeSettings): Promise<TestAws> => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-test-'));
  const { python } = await ensurePythonEnvironment();
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const cloud = spawn(python, ['-m', 'ministack'], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
    },
  });
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => cloud.once('exit', resolve));
    cloud.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilHealthy(endpoint, cloud);
  } catch (error) {
    await stop();
    throw error;
  }
  const settingsFile = join(folder, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify(settings));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });

  const s3 = new S3Client({});
  const sfn = new SFNClient({});
  const secrets = new SecretsManagerClient({});
  const db = new DynamoDBClient({});
  await db.send(new CreateTableCommand(jobTable(TABLE)));
  for (const Bucket of Object.values(buckets)) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  }
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name: 'test',
      roleArn: 'arn:aws:iam::000000000000:role/test',
      definition: JSON.stringify({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } }),
    }),
  );
  const { QueueUrl: batchQueue = '' } = await new SQSClient({}).send(
    new CreateQueueCommand({ QueueName: 'test-batches' }),
  );
  const arns = await createSecrets(secrets, Object.keys(settings.providers));
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
    stop,
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
