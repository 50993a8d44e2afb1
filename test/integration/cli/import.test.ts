import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourceCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { tombstoneOf } from '../../../core/jobs/deletion.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { dropJobId } from '../../../core/kernel/ids.ts';
import type { handler as AcceptUpload } from '../../../lambdas/accept-upload.ts';
import type { handler as JobApi } from '../../../lambdas/job-api.ts';
import { serveApi } from '../../support/api-server.ts';
import { buckets, startAws, type TestAws, uniqueName } from '../../support/aws.ts';
import type { TestServer } from '../../support/http-server.ts';
import { putItem } from '../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings } from '../../support/jobs.ts';
import { sqsMessage } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';
import { startframe } from '../../support/startframe.ts';

let aws: TestAws;
let api: TestServer;
let accept: typeof AcceptUpload;
let queueUrl: string;

const stage = uniqueName('import');
const StackName = `startframe-${stage}`;
const QUEUE = 'UploadTriggerUploads0123ABCD';

beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  ({ handler: accept } = await import('../../../lambdas/accept-upload.ts'));
  const { handler }: { handler: typeof JobApi } = await import('../../../lambdas/job-api.ts');
  api = await serveApi(handler, () => 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc');
  const template = {
    Resources: { [QUEUE]: { Type: 'AWS::SQS::Queue' } },
    Outputs: {
      ApiUrl: { Value: api.url },
      InboxBucketName: { Value: buckets.inbox },
      JobTableName: { Value: process.env[Env.jobTable] },
    },
  };
  const client = new CloudFormationClient({});
  await client.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
  await waitUntilStackCreateComplete({ client, maxWaitTime: 20, minDelay: 1 }, { StackName });
  const { StackResourceDetail } = await client.send(
    new DescribeStackResourceCommand({ StackName, LogicalResourceId: QUEUE }),
  );
  queueUrl = StackResourceDetail?.PhysicalResourceId ?? '';
}, 120_000);
afterAll(async () => {
  await new CloudFormationClient({}).send(new DeleteStackCommand({ StackName }));
  await api.close();
  await aws.stop();
});

const run = (words: readonly string[]) =>
  startframe(['import', ...words, '--stage', stage, '--json'], { environment: process.env });

/** What waits in the queue of uploads goes through accept-upload. Answers how many it were. */
const acceptAll = async (): Promise<number> => {
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  let accepted = 0;
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return accepted;
    const Records = Messages.map(({ Body = '', MessageId = '' }) => ({
      ...sqsMessage(Body),
      messageId: MessageId,
    }));
    expect(await accept({ Records })).toEqual({ batchItemFailures: [] });
    accepted += Messages.length;
  }
};

const idOf = (key: string, versionId: string) =>
  dropJobId({ bucket: buckets.inbox, key, versionId, sequencer: '' });

test('what was dropped and has no job becomes the job of its drop, once', async () => {
  const versions = new Map<string, string>();
  for (const name of ['one', 'two', 'three'])
    versions.set(name, await aws.put(`shoes/${name}.png`, png(), { prompt: `Shoe ${name}.` }));
  await aws.put('boats/other.png', png());

  // Nobody is there to ask, so nothing starts; the price is told all the same.
  const asked = await run(['shoes/']);
  expect(asked).toMatchObject({ code: 5, out: '' });
  expect(asked.err).toMatch(/3 objects below "shoes\/" without a job: .* \$0\.80 each, \$2\.40 in all/);
  expect(await acceptAll()).toBe(0);

  const two = await run(['shoes/', '--yes', '--limit', '$1.70']);
  expect(JSON.parse(two.out)).toMatchObject({ started: 2, priceMicros: 1_600_000, hasMore: true });
  expect(await acceptAll()).toBe(2);
  const rest = await run(['shoes/', '--yes']);
  expect(JSON.parse(rest.out)).toMatchObject({ started: 1, hasMore: false });
  expect(await acceptAll()).toBe(1);

  for (const [name, versionId] of versions) {
    const { STATE, REQUEST } = await aws.items(idOf(`shoes/${name}.png`, versionId));
    expect(STATE).toMatchObject({ owner: 'drop', actor: 's3:startframe-import' });
    expect(REQUEST).toMatchObject({ parameters: { prompt: `Shoe ${name}.` } });
  }
  expect(JSON.parse((await run(['shoes/', '--yes'])).out)).toMatchObject({ missed: 0, started: 0 });
});

test('the object of a deleted job is never taken', async () => {
  const versionId = await aws.put('deleted/a.png', png());
  const jobId = idOf('deleted/a.png', versionId);
  const job = { state: acceptedState({ jobId, owner: 'drop' }), request: jobRequest() };
  await putItem({ pk: `J#${jobId}`, sk: 'STATE', ...tombstoneOf(job, 'ann', new Date().toISOString()) });
  expect(JSON.parse((await run(['deleted/', '--yes'])).out)).toMatchObject({ missed: 0, started: 0 });
});

test('the event that comes late after all is the same job', async () => {
  const versionId = await aws.put('late/a.png', png());
  await run(['late/', '--yes']);
  await run(['late/', '--yes']);
  expect(await acceptAll()).toBe(2);
  expect(Object.keys(await aws.items(idOf('late/a.png', versionId)))).toHaveLength(3);
});

test('what the inbox’s own event made is not made again', async () => {
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  const bridge = new EventBridgeClient({});
  const Rule = uniqueName('drops');
  const EventPattern = JSON.stringify({
    source: ['aws.s3'],
    detail: { bucket: { name: [buckets.inbox] } },
  });
  await bridge.send(new PutRuleCommand({ Name: Rule, EventPattern }));
  await bridge.send(new PutTargetsCommand({ Rule, Targets: [{ Id: 'q', Arn: Attributes?.QueueArn }] }));
  await aws.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: buckets.inbox,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
  );
  const versionId = await aws.put('heard/a.png', png());
  // The event is on its way for a moment.
  for (let tries = 0; tries < 50 && (await acceptAll()) === 0; tries += 1) await sleep(100);
  expect((await aws.items(idOf('heard/a.png', versionId))).STATE).toMatchObject({ owner: 'drop' });
  expect(JSON.parse((await run(['heard/', '--yes'])).out)).toMatchObject({ missed: 0, started: 0 });
});

test.each([
  [['x/', '--limit', 'many'], 2, '--limit: a number of jobs, or an amount'],
  [['x/', '--url', 'http://127.0.0.1:9'], 2, ''],
])('%s is refused', async (words, code, says) => {
  const environment = process.env;
  const named = words.includes('--url') ? words : [...words, '--stage', stage];
  expect(await startframe(['import', ...named], { environment })).toMatchObject({
    code,
    err: expect.stringContaining(says),
  });
});
