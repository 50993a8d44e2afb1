import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { jsonCall } from './aws-call.ts';
import { deleteBucket, emptyBucket, s3Client } from './buckets.ts';
import type { StackResource } from './deployed-stack.ts';
import type { AwsAccess } from './target.ts';

// What a stack holds of data, in the order in which it goes: the inbox first, so that nothing new begins; the access logs last,
// because S3 writes there what happens to the others.

const BUCKETS = ['Inbox', 'Frames', 'Videos', 'AccessLogs'];

const rankOf = ({ logicalId }: StackResource): number => {
  const at = BUCKETS.findIndex((name) => logicalId.includes(name));
  return at === -1 ? BUCKETS.length : at;
};

const TABLES = ['AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table'];

/** The resources of a stack that hold data, by kind. */
export interface Holdings {
  readonly buckets: readonly StackResource[];
  readonly tables: readonly StackResource[];
  readonly secrets: readonly StackResource[];
  readonly logs: readonly StackResource[];
}

export const holdingsOf = (resources: readonly StackResource[]): Holdings => {
  const present = resources.filter(
    ({ status, physicalId }) => status !== 'DELETE_COMPLETE' && physicalId !== '',
  );
  const of = (...types: string[]) => present.filter(({ type }) => types.includes(type));
  const buckets = of('AWS::S3::Bucket').sort((one, other) => rankOf(one) - rankOf(other));
  return {
    buckets,
    tables: of(...TABLES),
    secrets: of('AWS::SecretsManager::Secret'),
    logs: of('AWS::Logs::LogGroup'),
  };
};

export const allOf = ({ buckets, tables, secrets, logs }: Holdings): readonly StackResource[] => [
  ...buckets,
  ...tables,
  ...secrets,
  ...logs,
];

/** Items of a table; DynamoDB counts them every six hours. Nothing for a table that is gone. */
export const countItems = async (aws: AwsAccess, TableName: string): Promise<number | undefined> => {
  const { Table } = await new DynamoDBClient(aws)
    .send(new DescribeTableCommand({ TableName }))
    .catch(ignoring('ResourceNotFoundException', { Table: undefined }));
  return Table?.ItemCount;
};

/** Lets a table be deleted that refuses to be. */
export const unprotectTable = async (aws: AwsAccess, TableName: string): Promise<void> => {
  const db = new DynamoDBClient(aws);
  const { Table } = await db
    .send(new DescribeTableCommand({ TableName }))
    .catch(ignoring('ResourceNotFoundException', { Table: undefined }));
  if (Table?.DeletionProtectionEnabled)
    await db.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
};

/** A deleted secret can be restored for so long: the least that Secrets Manager allows. */
export const RECOVERY_DAYS = 7;

/** Deletes what CloudFormation kept. What is gone already is fine. */
export const deleteKept = async (
  aws: AwsAccess,
  { type, physicalId }: StackResource,
  signal: AbortSignal,
): Promise<void> => {
  switch (type) {
    case 'AWS::S3::Bucket': {
      const s3 = s3Client(aws);
      await emptyBucket(s3, physicalId, signal, () => undefined);
      return deleteBucket(s3, physicalId);
    }
    case 'AWS::SecretsManager::Secret':
      await new SecretsManagerClient(aws)
        .send(new DeleteSecretCommand({ SecretId: physicalId, RecoveryWindowInDays: RECOVERY_DAYS }))
        // The second: scheduled for deletion already.
        .catch(ignoring('ResourceNotFoundException', undefined))
        .catch(ignoring('InvalidRequestException', undefined));
      return;
    case 'AWS::Logs::LogGroup':
      await jsonCall(aws, 'logs', 'Logs_20140328.DeleteLogGroup', { logGroupName: physicalId }).catch(
        ignoring('ResourceNotFoundException', undefined),
      );
      return;
    default:
      await unprotectTable(aws, physicalId);
      await new DynamoDBClient(aws)
        .send(new DeleteTableCommand({ TableName: physicalId }))
        .catch(ignoring('ResourceNotFoundException', undefined));
  }
};

const ignoring =
  <Value>(name: string, value: Value) =>
  (error: unknown): Value => {
    if (error instanceof Error && error.name === name) return value;
    throw error;
  };
