import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { PutBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import type { handler as Handler } from '../../../lambdas/job-api.ts';
import { stageFacts } from '../../../lib/stage-facts.ts';
import { serveApi } from '../../support/api-server.ts';
import { buckets, startAws, type TestAws, uniqueName } from '../../support/aws.ts';
import { type Answered, forwardTo, serve, type TestServer } from '../../support/http-server.ts';
import { runtimeSettings } from '../../support/jobs.ts';
import { requireFromSetup, TEST_AWS } from '../../support/set-up/handover.ts';
import { startframe } from '../../support/startframe.ts';
import { stage } from '../../support/synth.ts';

// A stack of a few resources in MiniStack, behind a server that answers as AWS would where MiniStack cannot be brought to it.

let aws: TestAws;
let api: TestServer;
let cloud: TestServer;
/** What AWS answers in place of MiniStack, by a part of the request. */
let instead: Record<string, Answered>;
const stacks: string[] = [];

beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  const { handler }: { handler: typeof Handler } = await import('../../../lambdas/job-api.ts');
  api = await serveApi(handler, () => 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc');
  cloud = await serve(async (request) => {
    const said = `${request.url} ${String(request.headers['x-amz-target'])} ${request.body}`;
    const found = Object.entries(instead).find(([part]) => said.includes(part));
    return found ? found[1] : forwardTo(requireFromSetup(TEST_AWS), request);
  });
}, 120_000);
beforeEach(() => {
  instead = {
    'AmazonSSM.GetParameter': { status: 200, body: '{"Parameter":{"Value":"27"}}' },
    'account-settings': { status: 200, body: '{"AccountLimit":{"ConcurrentExecutions":1000}}' },
  };
});
afterAll(async () => {
  const client = new CloudFormationClient({});
  for (const StackName of stacks) await client.send(new DeleteStackCommand({ StackName }));
  await Promise.all([api.close(), cloud.close()]);
  await aws.stop();
});

const facts = stageFacts(stage('dev'));

const deployed = async (
  metadata: object = { Startframe: facts },
  resources: Record<string, unknown> = {},
): Promise<string> => {
  const name = uniqueName(`doctor-${stacks.length}`);
  stacks.push(`startframe-${name}`);
  const client = new CloudFormationClient({});
  await client.send(
    new CreateStackCommand({
      StackName: `startframe-${name}`,
      TemplateBody: JSON.stringify({
        Metadata: metadata,
        Resources: { Queue: { Type: 'AWS::SQS::Queue' }, ...resources },
        Outputs: { ApiUrl: { Value: api.url }, InboxBucketName: { Value: buckets.inbox } },
      }),
    }),
  );
  await waitUntilStackCreateComplete(
    { client, maxWaitTime: 20, minDelay: 1 },
    { StackName: `startframe-${name}` },
  );
  return name;
};

interface Found {
  readonly state: string;
  readonly says: string;
  readonly fix?: string;
}

const doctor = async (name: string): Promise<{ code: number; found: Record<string, Found> }> => {
  const environment = { ...process.env, AWS_ENDPOINT_URL: cloud.url };
  const before = process.env.AWS_ENDPOINT_URL;
  process.env.AWS_ENDPOINT_URL = cloud.url;
  try {
    const { code, out } = await startframe(['doctor', '--json', '--stage', name], { environment });
    const { findings }: { findings: ({ what: string } & Found)[] } = JSON.parse(out);
    return { code, found: Object.fromEntries(findings.map(({ what, ...rest }) => [what, rest])) };
  } finally {
    process.env.AWS_ENDPOINT_URL = before;
  }
};

const switchDropEvents = (isOn: boolean) =>
  new S3Client({ forcePathStyle: true }).send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: buckets.inbox,
      NotificationConfiguration: isOn ? { EventBridgeConfiguration: {} } : {},
    }),
  );

test('a stage as it should be has advice at most, and leaves with 0', async () => {
  await switchDropEvents(true);
  const { code, found } = await doctor(await deployed());
  expect(code).toBe(0);
  expect(found).toMatchObject({
    region: { state: 'ok', says: 'us-east-1' },
    'CDK bootstrap': { state: 'ok', says: 'version 27' },
    'Lambda quota': { state: 'ok' },
    'drop events': { state: 'ok' },
    stack: { state: 'note', says: expect.stringContaining('first drops may be silent for some minutes') },
    admins: {
      state: 'note',
      fix: expect.stringContaining('stages/dev.json, then npm run deploy -- -c stage=dev'),
    },
    budgets: { state: 'ok', says: '$20 a day for each owner' },
    'alarm topic': { state: 'note', fix: expect.stringContaining('aws sns create-topic') },
  });
});

test('what stops videos is a problem with the command that mends it', async () => {
  await switchDropEvents(false);
  instead['AmazonSSM.GetParameter'] = {
    status: 400,
    body: '{"__type":"com.amazonaws.ssm#ParameterNotFound"}',
  };
  instead['account-settings'] = { status: 200, body: '{"AccountLimit":{"ConcurrentExecutions":10}}' };
  const { code, found } = await doctor(await deployed());
  expect(code).toBe(1);
  expect(found).toMatchObject({
    'CDK bootstrap': {
      state: 'problem',
      fix: expect.stringMatching(/^npx cdk bootstrap aws:\/\/\d{12}\/us-east-1$/),
    },
    'Lambda quota': {
      state: 'note',
      says: expect.stringContaining('10 functions at once'),
      fix: expect.stringContaining('request-service-quota-increase'),
    },
    'drop events': { state: 'problem', fix: expect.stringContaining(`--bucket ${buckets.inbox}`) },
  });
});

test('a right that is missing is said by its name, and is no problem', async () => {
  await switchDropEvents(true);
  const denied = {
    status: 403,
    headers: { 'x-amzn-errortype': 'AccessDeniedException' },
    body: '{"__type":"AccessDeniedException"}',
  };
  instead = {
    'AmazonSSM.GetParameter': denied,
    'account-settings': denied,
    'Action=GetTemplate': {
      status: 403,
      body: '<ErrorResponse><Error><Code>AccessDenied</Code><Message>No.</Message></Error></ErrorResponse>',
    },
    '?notification': { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
  };
  const { code, found } = await doctor(await deployed());
  expect(code).toBe(0);
  expect(found).toMatchObject({
    stack: { state: 'unknown', says: expect.stringContaining('needs cloudformation:GetTemplate') },
    'CDK bootstrap': { state: 'unknown', says: 'unknown: needs ssm:GetParameter' },
    'Lambda quota': { state: 'unknown', says: 'unknown: needs lambda:GetAccountSettings' },
    'drop events': { state: 'unknown', says: expect.stringContaining('s3:GetBucketNotification') },
  });
});

const authorizer = (Issuer: string) => ({
  Authorizer: {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      ApiId: 'none',
      AuthorizerType: 'JWT',
      Name: 'jwt',
      JwtConfiguration: { Issuer, Audience: ['a'] },
    },
  },
});

test.each([
  ['RSA', '', 'ok', 'http://127'],
  ['EC', '', 'problem', 'no RSA key'],
  ['RSA', '/other', 'problem', 'calls itself'],
])('an issuer with %s keys that calls itself …%s is %s', async (kty, other, state, says) => {
  const issuer: TestServer = await serve(({ url }) => ({
    status: 200,
    body: url.endsWith('openid-configuration')
      ? JSON.stringify({ issuer: `${issuer.url}${other}`, jwks_uri: `${issuer.url}/keys` })
      : JSON.stringify({ keys: [{ kty }] }),
  }));
  try {
    const { found } = await doctor(await deployed(undefined, authorizer(issuer.url)));
    expect(found.issuer).toMatchObject({ state, says: expect.stringContaining(says) });
  } finally {
    await issuer.close();
  }
});

const alarmTo = (topic: string) => ({
  Alarm: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: uniqueName('alarm'),
      AlarmActions: [topic],
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      MetricName: 'm',
      Namespace: 'n',
      Period: 300,
      Statistic: 'Sum',
      Threshold: 0,
    },
  },
});

test('an alarm topic of another region, or that nobody confirmed, notifies nobody', async () => {
  const far = await doctor(await deployed(undefined, alarmTo('arn:aws:sns:eu-west-1:123456789012:calls')));
  expect(far.found['alarm topic']).toMatchObject({
    state: 'problem',
    says: expect.stringContaining('another region'),
  });
  instead['Action=GetTopicAttributes'] = {
    status: 200,
    body: '<r><entry><key>SubscriptionsConfirmed</key><value>0</value></entry></r>',
  };
  const name = await deployed(undefined, alarmTo('arn:aws:sns:us-east-1:123456789012:calls'));
  expect((await doctor(name)).found['alarm topic']).toMatchObject({
    state: 'problem',
    fix: expect.stringContaining('aws sns subscribe'),
  });
});

test('before the first deployment the account is examined, and the exit code says that there is no stack', async () => {
  const { code, found } = await doctor('nowhere');
  expect(code).toBe(4);
  expect(found).toMatchObject({
    'CDK bootstrap': { state: 'ok' },
    stack: { state: 'problem', fix: 'npm run deploy -- -c stage=nowhere' },
  });
});

test('on the local stack no account is examined', async () => {
  const { found } = await doctor(await deployed({ Startframe: { ...facts, localCloud: true } }));
  expect(Object.keys(found)).not.toContain('CDK bootstrap');
  expect(Object.keys(found)).not.toContain('alarm topic');
});
