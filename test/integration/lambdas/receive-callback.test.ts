import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { Webhook } from 'standardwebhooks';
import { Env } from '../../../core/kernel/contract.ts';
import type { handler as Handler } from '../../../lambdas/receive-callback.ts';
import type { handler as SubmitJob } from '../../../lambdas/submit-job.ts';
import { apiEvent } from '../../support/api-event.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { type LivingWorkflow, startLivingWorkflow } from '../../support/executions.ts';
import { itemsOf, putItem, putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  providerSettings,
  runningState,
  runtimeSettings,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { envelope, type ProviderServer, startProvider } from '../../support/provider-server.ts';

const key = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`;
let aws: TestAws;
let provider: ProviderServer;
let workflow: LivingWorkflow;
let handler: typeof Handler;
let submitJob: typeof SubmitJob;

beforeAll(async () => {
  provider = await startProvider();
  const calling = providerSettings({
    submitBaseUrl: provider.url,
    allowPrivateAddresses: true,
    callbacks: 'standard-webhooks',
  });
  const { callbacks: _, ...silent } = calling;
  aws = await startAws(runtimeSettings({ providers: { simulated: calling, empty: calling, silent } }));
  workflow = await startLivingWorkflow(aws.sfn);
  const secrets = new SecretsManagerClient({});
  const { ARN } = await secrets.send(new CreateSecretCommand({ Name: 'callbacks', SecretString: 'none' }));
  await secrets.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: key }));
  const { ARN: empty } = await secrets.send(new CreateSecretCommand({ Name: 'callbacks-empty' }));
  process.env[Env.callbackSecrets] = JSON.stringify({ simulated: ARN, empty });
  ({ handler } = await import('../../../lambdas/receive-callback.ts'));
  ({ handler: submitJob } = await import('../../../lambdas/submit-job.ts'));
}, 120_000);
afterAll(async () => {
  await aws?.stop();
  await provider.close();
});

let count = 0;
const runningJob = async (changes: Parameters<typeof runningState>[0] = {}) => {
  count += 1;
  const jobId = `job${count}`;
  const id = `task-of-${jobId}`;
  await putJob(runningState({ jobId, task: { id }, ...changes }), jobRequest());
  await putItem({ pk: `TASK#simulated#${id}`, sk: 'JOB', jobId });
  await workflow.start(`${jobId}-1`);
  return { jobId, body: JSON.stringify({ type: 'video.completed', data: { id, status: 'a lie' } }) };
};

const signed = (body: string, { id = `evt_${Math.random()}`, at = new Date(), by = key } = {}) => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': new Webhook(by).sign(id, at, body),
});

const call = async (
  body: string,
  headers: Record<string, string> = signed(body),
  { name = 'simulated', isBase64Encoded = false } = {},
) => {
  const event = apiEvent('POST /callbacks/{provider}', {
    headers,
    params: { provider: name },
    isBase64Encoded,
    body: isBase64Encoded ? Buffer.from(body).toString('base64') : body,
  });
  const { statusCode, body: answer } = await handler(event, context);
  return { status: statusCode, answer };
};

const runOf = async (jobId: string) => (await aws.items(jobId)).STATE?.run;

it('that is genuine has another run ask the provider, and is not believed otherwise', async () => {
  const { jobId, body } = await runningJob();
  expect(await call(body)).toEqual({ status: 202, answer: '{}' });
  const items = await aws.items(jobId);
  expect(items.STATE).toMatchObject({ run: 2, status: 'running', actor: 'callback:simulated' });
  expect(items['EVENT#000003']).toMatchObject({ type: 'Video Job Restarted', action: 'hint' });
  expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED', '-2': 'RUNNING' });
  expect(provider.seen).toEqual([]);
});

it('may come as base64', async () => {
  const { jobId, body } = await runningJob();
  expect((await call(body, signed(body), { isBase64Encoded: true })).status).toBe(202);
  expect(await runOf(jobId)).toBe(2);
});

describe('changes nothing', () => {
  const old = () => new Date(Date.now() - 301_000);
  const stranger = `whsec_${Buffer.alloc(32, 'x').toString('base64')}`;

  it.each<[string, (body: string) => Record<string, string>]>([
    ['forged', (body) => signed(body, { by: stranger })],
    ['of another body', (body) => signed(`${body} `)],
    ['stale', (body) => signed(body, { at: old() })],
    [
      'old with a new time',
      (body) => ({
        ...signed(body, { at: old() }),
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      }),
    ],
    ['not signed', () => ({})],
  ])('%s: 401', async (_, headers) => {
    const { jobId, body } = await runningJob();
    expect(await call(body, headers(body))).toMatchObject({
      status: 401,
      answer: expect.stringContaining('NOT_SIGNED'),
    });
    expect(await runOf(jobId)).toBe(1);
  });

  it('replayed: 202, and nothing happens', async () => {
    const { jobId, body } = await runningJob();
    const headers = signed(body, { id: 'evt_replayed' });
    expect((await call(body, headers)).status).toBe(202);
    // As if it had run for a while again.
    await putJob(
      runningState({ jobId, run: 2, sequence: 3, task: { id: `task-of-${jobId}` } }),
      jobRequest(),
    );
    expect((await call(body, headers)).status).toBe(202);
    expect(await runOf(jobId)).toBe(2);
    expect((await call(body)).status).toBe(202);
    expect(await runOf(jobId)).toBe(3);
  });

  it('about a task of nobody, or nothing at all: 202', async () => {
    for (const body of ['{"data":{"id":"unknown"}}', '{}', 'null', 'no JSON'])
      expect(await call(body)).toEqual({ status: 202, answer: '{}' });
  });

  it.each([
    ['a job that got on a moment ago', { updatedAt: new Date().toISOString() }],
    ['a job that waits for another task by now', { task: { id: 'another' } }],
    ['a job that ended', { status: 'succeeded' as const }],
    ['a job of another provider', { provider: 'silent' }],
  ])('about %s: 202', async (_, changes) => {
    const { jobId, body } = await runningJob();
    await putJob(runningState({ jobId, task: { id: `task-of-${jobId}` }, ...changes }), jobRequest());
    expect((await call(body)).status).toBe(202);
    expect(await runOf(jobId)).toBe(1);
  });
});

it.each(['silent', 'nobody', '__proto__', 'constructor'])(
  'a provider that may not call back (%s) is not there',
  async (name) => expect((await call('{}', signed('{}'), { name })).status).toBe(404),
);

it('a provider whose key nobody put there is not believed', async () =>
  expect((await call('{}', signed('{}'), { name: 'empty' })).status).toBe(401));

it('a body without end is refused', async () => expect((await call('x'.repeat(65_537))).status).toBe(413));

describe('an order that is taken', () => {
  const submit = async (jobId: string, of: string) => {
    provider.submit = envelope({ id: `task-${jobId}`, status: 'created' });
    const { startFrame: _, ...promptAlone } = jobRequest();
    await putJob(acceptedState({ jobId, provider: of }), promptAlone);
    await submitJob({ jobId, run: 1 }, context);
    expect((await aws.items(jobId)).STATE).toMatchObject({
      status: 'running',
      task: { id: `task-${jobId}` },
    });
    return itemsOf(`TASK#${of}#task-${jobId}`);
  };

  it('can be found by its task, where the provider may call back', async () => {
    expect(await submit('findable', 'simulated')).toMatchObject([
      { jobId: 'findable', expiresAt: expect.any(Number) },
    ]);
  });

  it('belongs to its job at a provider without callbacks, too', async () => {
    expect(await submit('silent1', 'silent')).toMatchObject([{ jobId: 'silent1' }]);
  });
});
