import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { CloudSecrets } from './cloud-secrets.ts';

/** Where the cloud is and who we are there. */
export interface CloudAccess {
  readonly endpoint: string;
  readonly region: string;
  /** When left out, the AWS SDK finds them (environment, profile). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export const localEndpoint = (port: number): string => `http://127.0.0.1:${port}`;

/** Where our own MiniStack is, and its root user. */
export const localAccess = (
  port: number,
  { accessKeyId, secretAccessKey }: Omit<CloudSecrets, 'resetToken'>,
): CloudAccess => ({
  endpoint: localEndpoint(port),
  region: 'us-east-1',
  credentials: { accessKeyId, secretAccessKey },
});

/** A cloud that runs already, at the endpoint and region of the environment. */
export const externalAccess = (endpoint: string, environment: NodeJS.ProcessEnv): CloudAccess => ({
  endpoint: endpoint.replace(/\/+$/, ''),
  region: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1',
});

/**
 * The environment of programs that work on this cloud. For our own cloud it has no setting of the person's real AWS account, so
 * that a profile or an endpoint left in the shell can never send a local deployment there.
 */
export const environmentFor = (access: CloudAccess, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const address = { AWS_ENDPOINT_URL: access.endpoint, AWS_REGION: access.region };
  if (!access.credentials) return { ...withoutKeys(environment), ...address };
  return {
    ...withoutAws(environment),
    ...address,
    AWS_ACCESS_KEY_ID: access.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    // No profiles and no endpoints.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
};

/** The environment without the person's AWS settings and without the provider's key. The local cloud is reached past any proxy. */
export const withoutAws = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const kept = Object.entries(withoutKeys(environment)).filter(([name]) => !name.startsWith('AWS_'));
  const direct = ['127.0.0.1', 'localhost', environment.NO_PROXY ?? environment.no_proxy]
    .filter(Boolean)
    .join(',');
  return { ...Object.fromEntries(kept), NO_PROXY: direct, no_proxy: direct };
};

const withoutKeys = ({ STARTFRAME_KEY: _, ...environment }: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  environment;

export interface CloudClients {
  readonly s3: S3Client;
  readonly table: DynamoDBDocumentClient;
  readonly secrets: SecretsManagerClient;
  readonly sts: STSClient;
}

export const connect = (access: CloudAccess): CloudClients => ({
  // Path style: a local endpoint has no names below it.
  s3: new S3Client({ ...access, forcePathStyle: true }),
  table: DynamoDBDocumentClient.from(new DynamoDBClient(access)),
  secrets: new SecretsManagerClient(access),
  sts: new STSClient(access),
});
