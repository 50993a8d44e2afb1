import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { JobState } from '../../../core/jobs/job.ts';
import type { handler as CheckJob } from '../../../lambdas/check-job.ts';
import type { handler as PrepareJob } from '../../../lambdas/prepare-job.ts';
import type * as SpendReader from '../../../lambdas/shared/table/spend-store.ts';
import type { handler as SubmitJob } from '../../../lambdas/submit-job.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest, providerSettings, runtimeSettings } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';
import {
  cutConnection,
  envelope,
  json,
  type ProviderServer,
  startProvider,
} from '../../support/provider-server.ts';

// gptproto-like at one server, Google-like at the other; what the first does not take goes to the second.
const fast = 'veo-3.1-fast-generate-preview';
let aws: TestAws;
let first: ProviderServer;
let second: ProviderServer;
let prepareJob: typeof PrepareJob;
let submitJob: typeof SubmitJob;
let checkJob: typeof CheckJob;
let spend: typeof SpendReader;

beforeAll(async () => {
  first = await startProvider();
  second = await startProvider();
  const settings = { allowPrivateAddresses: true } as const;
  aws = await startAws(
    runtimeSettings({
      failover: {
        // Dearer than fast: passed over.
        alternatives: [
          { provider: 'google', model: 'veo-3.1-generate-preview' },
          { provider: 'google', model: fast },
        ],
        allowDearer: false,
      },
      providers: {
        simulated: providerSettings({ ...settings, submitBaseUrl: first.url }),
        limited: providerSettings({ ...settings, submitBaseUrl: first.url, maxInFlight: 1 }),
        google: providerSettings({
          ...settings,
          dialect: 'gemini',
          submitBaseUrl: second.url,
          models: [fast, 'veo-3.1-generate-preview'],
        }),
      },
    }),
  );
  ({ handler: prepareJob } = await import('../../../lambdas/prepare-job.ts'));
  ({ handler: submitJob } = await import('../../../lambdas/submit-job.ts'));
  ({ handler: checkJob } = await import('../../../lambdas/check-job.ts'));
  spend = await import('../../../lambdas/shared/table/spend-store.ts');
}, 120_000);
afterAll(async () => {
  await first.close();
  await second.close();
  await aws.stop();
});
beforeEach(async () => {
  first.seen.length = 0;
  second.seen.length = 0;
  first.submit = envelope({ status: 'created' });
  second.submit = json(200, { name: 'models/veo/operations/1' });
  for (const provider of ['simulated', 'limited']) await control(provider, {});
});

const put = (Item: Record<string, unknown>) =>
  DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new PutCommand({ TableName: process.env.JOB_TABLE ?? '', Item }),
  );
/** What holds for all orders of a provider. */
const control = (provider: string, breaker: object) =>
  put({ pk: `PROVIDER#${provider}`, sk: 'CONTROL', revision: 1, clock: 0, ...breaker });
const parked = {
  breaker: {
    code: 'PROVIDER_BALANCE',
    message: 'No money left.',
    since: '2026-01-01T00:00:00.000Z',
    refusals: 1,
    retryAt: '2999-01-01T00:00:00.000Z',
  },
};

const picture = png(320, 180);
const frame = { mimeType: 'image/png', width: 320, height: 180, bytes: picture.length, sha256: 'x' };
let count = 0;
const given = async (state: Partial<JobState> = {}, parameters: object = {}) => {
  count += 1;
  const jobId = `job${count}`;
  const key = `${jobId}.png`;
  const versionId = await aws.put(key, picture);
  const request = jobRequest({ startFrame: { bucket: buckets.inbox, key, versionId } });
  await putJob(
    { ...acceptedState(), frame, createdAt: new Date().toISOString(), ...state, jobId },
    { ...request, ...(request.parameters ? { parameters: { ...request.parameters, ...parameters } } : {}) },
  );
  return jobId;
};
const run = (jobId: string) => ({ jobId, run: 1 });
const posts = (server: ProviderServer) => server.seen.filter(({ method }) => method === 'POST');

const retired = json(404, { code: 404, message: 'model veo3.1-fast not found', data: null });

it('a model that is gone: the job is ordered elsewhere, once, and says so', async () => {
  first.submit = retired;
  const jobId = await given();
  expect(await submitJob(run(jobId), context)).toMatchObject({ next: 'wait', waitSeconds: 0 });
  expect(await checkJob(run(jobId), context)).toMatchObject({ next: 'submit' });
  await submitJob(run(jobId), context);
  expect([posts(first).length, posts(second).length]).toEqual([1, 1]);
  expect(posts(second)[0]?.path).toBe(`/v1beta/models/${fast}:predictLongRunning`);
  const items = await aws.items(jobId);
  const movedFrom = [
    { provider: 'simulated', model: 'veo3.1-fast', why: 'ModelRetired', at: expect.any(String) },
  ];
  expect(items.STATE).toMatchObject({
    status: 'running',
    provider: 'google',
    model: fast,
    attempt: 2,
    movedFrom,
  });
  expect([items['ATTEMPT#1']?.outcome, items['ATTEMPT#2']?.outcome]).toEqual(['refused', 'accepted']);
  expect(items['EVENT#000002']).toMatchObject({ type: 'Video Job Moved', provider: 'google', movedFrom });
});

it('what is reserved follows the price', async () => {
  await put({ pk: 'BUDGET#drop#2026-01-01', sk: 'DAY', committedMicros: 3_200_000 });
  first.submit = retired;
  const jobId = await given({
    model: 'veo3',
    priceMicros: 3_200_000,
    reserved: { day: '2026-01-01', micros: 3_200_000 },
  });
  await submitJob(run(jobId), context);
  // Not dearer than veo3, so the first of the list.
  expect((await aws.items(jobId)).STATE).toMatchObject({
    model: 'veo-3.1-generate-preview',
    priceMicros: 3_200_000,
  });
  const cheap = await given({
    provider: 'google',
    model: 'veo-3.1-generate-preview',
    priceMicros: 3_200_000,
    reserved: { day: '2026-01-01', micros: 3_200_000 },
  });
  second.submit = json(404, { error: { code: 404, status: 'NOT_FOUND', message: 'model is not found' } });
  await submitJob(run(cheap), context);
  expect((await aws.items(cheap)).STATE).toMatchObject({
    model: fast,
    priceMicros: 800_000,
    reserved: { micros: 800_000 },
  });
  expect(await spend.readCommittedMicros('drop', '2026-01-01')).toBe(3_200_000 - 2_400_000);
});

it('what may have been ordered stays, whatever went wrong', async () => {
  first.submit = cutConnection;
  const jobId = await given();
  await submitJob(run(jobId), context);
  expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'submit-unknown', provider: 'simulated' });
  expect(posts(second)).toHaveLength(0);
});

it('a job that the other cannot be told of stays and fails as it would', async () => {
  first.submit = retired;
  const jobId = await given({}, { enableUpsample: true });
  await submitJob(run(jobId), context);
  expect((await aws.items(jobId)).STATE).toMatchObject({ failure: { code: 'MODEL_RETIRED', charged: 'no' } });
});

it.each(['simulated', 'limited'])('a parked provider (%s) is not even asked', async (provider) => {
  await control(provider, parked);
  const jobId = await given({ provider }, { provider });
  expect((await prepareJob(run(jobId), context)).next).toBe('submit');
  await submitJob(run(jobId), context);
  await submitJob(run(jobId), context);
  expect([posts(first).length, posts(second).length]).toEqual([0, 1]);
  expect((await aws.items(jobId)).STATE).toMatchObject({
    status: 'running',
    provider: 'google',
    movedFrom: [{ provider, why: 'CircuitOpen' }],
  });
});

it.each([
  ['simulated', 'submit', 'queued'],
  ['limited', 'queue', 'accepted'],
])(
  'when it is time to try a parked provider (%s) the next job waits to do so',
  async (provider, next, status) => {
    const due = { breaker: { ...parked.breaker, retryAt: '2026-01-01T00:00:30.000Z' } };
    await control(provider, due);
    const jobId = await given({ provider }, { provider });
    expect((await prepareJob(run(jobId), context)).next).toBe(next);
    if (next === 'submit') await submitJob(run(jobId), context);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status, provider });
    // While one tries the others leave.
    await control(provider, {
      breaker: { ...due.breaker, probe: { jobId, since: new Date().toISOString() } },
    });
    const other = await given({ provider }, { provider });
    await prepareJob(run(other), context);
    await submitJob(run(other), context);
    expect((await aws.items(other)).STATE).toMatchObject({ provider: 'google' });
  },
);

it('a person who stopped the orders is waited for', async () => {
  await control('simulated', { ...parked, pause: { by: 'anna', at: '2026-01-01T00:00:00.000Z' } });
  const jobId = await given();
  await submitJob(run(jobId), context);
  expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'queued', provider: 'simulated' });
});
