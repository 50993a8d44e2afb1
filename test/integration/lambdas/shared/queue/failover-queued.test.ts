import type { DynamoDBRecord } from 'aws-lambda';
import type { JobRequest, JobState } from '../../../../../core/jobs/job.ts';
import type { handler as Admit } from '../../../../../lambdas/admit-jobs.ts';
import type { handler as Await } from '../../../../../lambdas/await-slot.ts';
import type * as Operate from '../../../../../lambdas/shared/jobs/job-operations.ts';
import type * as Move from '../../../../../lambdas/shared/queue/failover-queued.ts';
import type * as Control from '../../../../../lambdas/shared/table/provider-state.ts';
import type * as SpendReader from '../../../../../lambdas/shared/table/spend-store.ts';
import { startAws, type TestAws } from '../../../../support/aws.ts';
import { forgetProvider, itemsOf, putItem, putJob } from '../../../../support/job-items.ts';
import { acceptedState, jobRequest, providerSettings, runtimeSettings } from '../../../../support/jobs.ts';
import { context } from '../../../../support/lambda.ts';
import { startWaitingWorkflow, type WaitingWorkflow } from '../../../../support/waiting.ts';

// Jobs that stand in the queue of `first`, which is parked; `second` makes the same videos.

const fast = 'veo-3.1-fast-generate-preview';
let aws: TestAws;
let workflow: WaitingWorkflow;
let awaitSlot: typeof Await;
let admit: typeof Admit;
let failOverQueued: typeof Move.failOverQueued;
let loadProviderState: typeof Control.loadProviderState;
let operate: typeof Operate;
let spend: typeof SpendReader;

beforeAll(async () => {
  aws = await startAws(
    runtimeSettings({
      failover: {
        alternatives: [
          { provider: 'dear', model: 'veo-3.1-generate-preview' },
          { provider: 'second', model: fast },
          { provider: 'third', model: fast },
        ],
        allowDearer: false,
      },
      providers: {
        first: providerSettings({ maxInFlight: 1 }),
        dear: providerSettings({ dialect: 'gemini', models: ['veo-3.1-generate-preview'] }),
        second: providerSettings({ dialect: 'gemini', models: [fast], maxInFlight: 2 }),
        third: providerSettings({ dialect: 'gemini', models: [fast] }),
      },
    }),
  );
  workflow = await startWaitingWorkflow(aws.sfn);
  ({ handler: awaitSlot } = await import('../../../../../lambdas/await-slot.ts'));
  ({ handler: admit } = await import('../../../../../lambdas/admit-jobs.ts'));
  ({ failOverQueued } = await import('../../../../../lambdas/shared/queue/failover-queued.ts'));
  ({ loadProviderState } = await import('../../../../../lambdas/shared/table/provider-state.ts'));
  operate = await import('../../../../../lambdas/shared/jobs/job-operations.ts');
  spend = await import('../../../../../lambdas/shared/table/spend-store.ts');
}, 120_000);
afterAll(() => aws.stop());

const control = (provider: string, what: object) =>
  putItem({ pk: `PROVIDER#${provider}`, sk: 'CONTROL', revision: 1, virtualTimes: {}, ...what });
const breaker = {
  code: 'PROVIDER_BALANCE',
  message: 'No money left.',
  since: '2026-01-01T00:00:00.000Z',
  refusals: 1,
  retryAt: '2999-01-01T00:00:00.000Z',
};
const pause = { by: 'anna', at: '2026-01-01T00:00:00.000Z' };

beforeEach(async () => {
  for (const id of ['first', 'dear', 'second', 'third']) await forgetProvider(id);
  await control('first', { breaker });
});

const frame = { mimeType: 'image/png', width: 320, height: 180, bytes: 99, sha256: 'x' };
let count = 0;
const waits = async (
  changes: Partial<JobState> = {},
  parameters: Partial<JobRequest['parameters']> = {},
  request: Partial<JobRequest> = {},
): Promise<string> => {
  count += 1;
  const jobId = `job${count}`;
  const asked = jobRequest(request);
  await putJob(
    { ...acceptedState(), provider: 'first', frame, ...changes, jobId },
    {
      ...asked,
      ...(asked.parameters ? { parameters: { ...asked.parameters, provider: 'first', ...parameters } } : {}),
    },
  );
  const token = await workflow.wait(jobId);
  await awaitSlot({ jobId, run: 1, token }, context);
  return jobId;
};
const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;
const queueOf = async (provider: string) => (await itemsOf(`QUEUE#${provider}`)).map(({ jobId }) => jobId);
const sweep = async () => failOverQueued('first', await loadProviderState('first'));
const admitAt = (provider: string) =>
  admit({
    Records: [
      { dynamodb: { Keys: { pk: { S: `QUEUE#${provider}` }, sk: { S: 'x' } } } } satisfies DynamoDBRecord,
    ],
  });

it('a job that waits goes over, and its workflow goes on as soon as it is let in there', async () => {
  const jobId = await waits({}, {}, { priority: 'high' });
  await sweep();
  expect([await queueOf('first'), await queueOf('second')]).toEqual([[], [jobId]]);
  const state = await stateOf(jobId);
  expect(state).toMatchObject({
    status: 'queued',
    run: 1,
    provider: 'second',
    model: fast,
    queueKey: expect.stringMatching(/^2#/),
    movedFrom: [{ provider: 'first', model: 'veo3.1-fast', why: 'CircuitOpen' }],
  });
  expect((await aws.items(jobId))['EVENT#000003']).toMatchObject({
    type: 'Video Job Moved',
    provider: 'second',
  });
  await admitAt('second');
  expect(await workflow.word(jobId)).toEqual({ jobId, run: 1, next: 'submit', waitSeconds: 0 });
  expect(await itemsOf('SLOT#second')).toMatchObject([{ jobId }]);
});

it('what it holds of a budget goes with it, in the same write', async () => {
  await putItem({ pk: 'BUDGET#drop#2026-01-01', sk: 'DAY', committedMicros: 3_200_000 });
  const reserved = { day: '2026-01-01', micros: 3_200_000 };
  const jobId = await waits({ model: 'veo3', priceMicros: 3_200_000, reserved });
  await control('dear', { pause });
  await sweep();
  expect(await stateOf(jobId)).toMatchObject({ provider: 'second', priceMicros: 800_000 });
  expect(await spend.readCommittedMicros('drop', '2026-01-01')).toBe(800_000);
});

it('however many sweep at once, a job moves once; who is cancelled meanwhile does not', async () => {
  const jobIds = [await waits(), await waits()];
  const gone = await waits();
  await Promise.all([...Array.from({ length: 4 }, sweep), operate.cancel(gone, 'anna', { abandon: false })]);
  expect(await queueOf('first')).toEqual([]);
  expect(await queueOf('second')).toEqual(jobIds);
  for (const jobId of jobIds) {
    expect((await stateOf(jobId))?.movedFrom).toHaveLength(1);
    expect(Object.keys(await aws.items(jobId)).filter((sk) => sk.startsWith('EVENT#'))).toHaveLength(2);
  }
  expect(await stateOf(gone)).toMatchObject({ status: 'cancelled' });
});

it('who may not move waits on, and holds up nobody behind it', async () => {
  const bound = await waits({}, { enableUpsample: true });
  const free = await waits();
  await sweep();
  expect([await queueOf('first'), await queueOf('second')]).toEqual([[bound], [free]]);
});

it('to one that refuses, too, or that a person stopped, nobody moves, but on to the next', async () => {
  const jobId = await waits();
  await control('second', { breaker });
  await sweep();
  expect(await queueOf('third')).toEqual([jobId]);
  const other = await waits();
  await control('third', { pause });
  await sweep();
  expect(await queueOf('first')).toEqual([other]);
});

it.each<[string, object]>([
  ['takes orders', {}],
  ['was stopped by a person', { breaker, pause }],
])('where the provider %s the queue stays', async (_, what) => {
  await control('first', what);
  const jobId = await waits();
  await sweep();
  expect(await queueOf('first')).toEqual([jobId]);
});

it('fifty in one sweep, in their order: a provider that is back soon finds the others', async () => {
  const item = { pk: 'QUEUE#first', owner: 'drop', run: 1, token: 't' };
  const places = Array.from(
    { length: 60 },
    (_, index) => `5#${String(index).padStart(10, '0')}#many${index}`,
  );
  for (const [index, queueKey] of places.entries()) {
    const jobId = `many${index}`;
    const { parameters } = jobRequest();
    await putJob(
      { ...acceptedState(), provider: 'first', frame, status: 'queued', queueKey, jobId },
      jobRequest(parameters ? { parameters: { ...parameters, provider: 'first' } } : {}),
    );
    await putItem({ ...item, sk: queueKey, jobId });
  }
  await sweep();
  expect(await queueOf('second')).toEqual(places.slice(0, 50).map((queueKey) => queueKey.split('#')[2]));
  expect(await queueOf('first')).toHaveLength(10);
});
