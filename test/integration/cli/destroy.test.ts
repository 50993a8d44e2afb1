import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { listResources } from '../../../cli/deployed-stack.ts';
import { startAws, type TestAws, uniqueName } from '../../support/aws.ts';
import { runtimeSettings } from '../../support/jobs.ts';
import { startframe } from '../../support/startframe.ts';

// A small stack of everything that holds data, as the CDK names it, in MiniStack.

let aws: TestAws;
beforeAll(async () => {
  aws = await startAws(runtimeSettings());
}, 120_000);
afterAll(() => aws.stop());

const templateOf = (DeletionPolicy: 'Retain' | 'Delete') => {
  const bucket = {
    Type: 'AWS::S3::Bucket',
    DeletionPolicy,
    Properties: { VersioningConfiguration: { Status: 'Enabled' } },
  };
  return {
    Resources: {
      FrameInboxInbox01234567: bucket,
      VideoLibraryVideos01234567: bucket,
      AccessLogs01234567: { Type: 'AWS::S3::Bucket', DeletionPolicy },
      JobStoreTable01234567: {
        Type: 'AWS::DynamoDB::GlobalTable',
        DeletionPolicy,
        Properties: {
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          Replicas: [{ Region: 'us-east-1', DeletionProtectionEnabled: true }],
        },
      },
      ProviderSecretsKey01234567: {
        Type: 'AWS::SecretsManager::Secret',
        DeletionPolicy,
        Properties: { SecretString: 'key' },
      },
      SomeLogs01234567: { Type: 'AWS::Logs::LogGroup', DeletionPolicy },
    },
  };
};

interface Deployed {
  readonly stage: string;
  readonly name: string;
  /** The physical name of a resource. */
  of(start: string): string;
}

const deploy = async (policy: 'Retain' | 'Delete', isProtected = false): Promise<Deployed> => {
  const stage = uniqueName(`doomed-${policy.toLowerCase()}-${Math.random().toString(36).slice(2, 6)}`);
  const name = `startframe-${stage}`;
  const client = new CloudFormationClient({});
  await client.send(
    new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify(templateOf(policy)) }),
  );
  await waitUntilStackCreateComplete({ client, maxWaitTime: 30, minDelay: 1 }, { StackName: name });
  if (isProtected)
    await client.send(
      new UpdateTerminationProtectionCommand({ StackName: name, EnableTerminationProtection: true }),
    );
  const resources = await listResources({ aws: {} }, name);
  const of = (start: string) =>
    resources.find(({ logicalId }) => logicalId.startsWith(start))?.physicalId ?? '';
  for (const bucket of [of('FrameInbox'), of('VideoLibrary')])
    for (const key of ['a', 'b', 'a']) await aws.put(key, 'content', {}, bucket);
  // A delete marker hides b.
  await aws.remove('b', of('VideoLibrary'));
  return { stage, name, of };
};

const destroy = (stage: string, typed: string, more: readonly string[] = [], signal?: AbortSignal) =>
  startframe(['destroy', '--stage', stage, ...more], {
    typed,
    environment: process.env,
    ...(signal ? { signal } : {}),
  });

const isThere = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );
const stackIsThere = (name: string) =>
  isThere(new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: name })));
const bucketIsThere = (Bucket: string) => isThere(aws.s3.send(new HeadBucketCommand({ Bucket })));
const tableIsThere = (TableName: string) =>
  isThere(new DynamoDBClient({}).send(new DescribeTableCommand({ TableName })));
const versionsIn = async (Bucket: string) =>
  (await aws.s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions?.length ?? 0;

test('without the stage’s name nothing is deleted, and what would be lost is shown', async () => {
  const { stage, name, of } = await deploy('Delete');
  const { code, err } = await destroy(stage, 'yes\n');
  expect(code).toBe(5);
  expect(err).toMatch(new RegExp(`LOST +3 objects and versions, 0\\.0 kB: ${of('FrameInbox')}`));
  expect(err).toMatch(new RegExp(`LOST +4 objects and versions, .*: ${of('VideoLibrary')}`));
  expect(err).toMatch(/LOST +about \d+ records/);
  expect(err).toMatch(/LOST +a key, for good: \S+Secrets/);
  expect(err).toContain('Nothing was changed.');
  expect(await versionsIn(of('VideoLibrary'))).toBe(3);
  expect(await stackIsThere(name)).toBe(true);

  const done = await destroy(stage, `${stage}\n`);
  expect(done).toMatchObject({ code: 0, out: `${name} is deleted.\n` });
  expect(await stackIsThere(name)).toBe(false);
  expect(await bucketIsThere(of('VideoLibrary'))).toBe(false);
  expect(await tableIsThere(of('JobStore'))).toBe(false);
}, 60_000);

test('a protected stage that retains its data keeps it, names it, and deletes it when told to', async () => {
  const { stage, name, of } = await deploy('Retain', true);
  const first = await destroy(stage, stage);
  expect(first.err).toMatch(/kept +3 objects/);
  expect(first.code).toBe(0);
  for (const start of ['FrameInbox', 'VideoLibrary', 'AccessLogs', 'JobStore', 'ProviderSecrets', 'SomeLogs'])
    expect(first.out).toContain(of(start));
  expect(first.out).toContain(`startframe destroy --stage ${stage} --delete-retained`);
  expect(await stackIsThere(name)).toBe(false);
  expect(await versionsIn(of('VideoLibrary'))).toBe(3);
  expect(await tableIsThere(of('JobStore'))).toBe(true);

  const second = await destroy(stage, stage, ['--delete-retained']);
  expect(second.err).toContain('is deleted already; this goes on with what it left');
  expect(second).toMatchObject({ code: 0, out: expect.stringContaining('Keys can be restored for 7 days') });
  expect(await bucketIsThere(of('VideoLibrary'))).toBe(false);
  expect(await tableIsThere(of('JobStore'))).toBe(false);
  const { DeletedDate } = await new SecretsManagerClient({}).send(
    new DescribeSecretCommand({ SecretId: of('ProviderSecrets') }),
  );
  expect(DeletedDate).toBeInstanceOf(Date);

  // Once more: there is nothing left to do.
  expect(await destroy(stage, stage, ['--delete-retained'])).toMatchObject({ code: 0 });
}, 60_000);

test('cut off while it empties, it goes on the next time', async () => {
  const { stage, name, of } = await deploy('Delete');
  const leaving = new AbortController();
  leaving.abort();
  expect(await destroy(stage, stage, [], leaving.signal)).toMatchObject({
    code: 130,
    err: expect.stringContaining('The same command goes on where this one stopped.'),
  });
  expect(await stackIsThere(name)).toBe(true);
  expect(await destroy(stage, stage)).toMatchObject({ code: 0 });
  expect(await bucketIsThere(of('FrameInbox'))).toBe(false);
}, 60_000);

test('more versions than S3 deletes at once', async () => {
  const { stage, of } = await deploy('Delete');
  for (let batch = 0; batch < 26; batch += 1)
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => aws.put(`${batch}/${index}`, 'x', {}, of('FrameInbox'))),
    );
  const { code, err } = await destroy(stage, stage);
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('1043 objects and versions') });
  expect(await bucketIsThere(of('FrameInbox'))).toBe(false);
}, 60_000);

test.each([
  [['destroy'], 2, 'Name what to destroy'],
  [['destroy', '--stage', 'nowhere'], 4, 'There is no stack startframe-nowhere'],
])('%s is refused', async (words, code, says) => {
  expect(await startframe(words, { environment: process.env })).toMatchObject({
    code,
    err: expect.stringContaining(says),
  });
});
