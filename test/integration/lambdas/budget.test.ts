import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { dayOf } from '../../../core/billing/budget.ts';
import { JobRequest, type JobState } from '../../../core/jobs/job.ts';
import { newAttempt } from '../../../core/jobs/submit-ledger.ts';
import type { handler as CheckJob } from '../../../lambdas/check-job.ts';
import type { handler as PrepareJob } from '../../../lambdas/prepare-job.ts';
import type * as Operations from '../../../lambdas/shared/jobs/job-operations.ts';
import type * as SpendReader from '../../../lambdas/shared/table/spend-store.ts';
import type { handler as StoreVideo } from '../../../lambdas/store-video.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  providerSettings,
  runtimeSettings,
  storingState,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';
import { file, json, type ProviderServer, startProvider } from '../../support/provider-server.ts';

const video = readFileSync(join(__dirname, '../../fixtures/video/audio-video.mp4'));
const google = { provider: 'google', model: 'veo-3.1-fast-generate-preview' };
const asked = {
  prompt: 'A shoe turns.',
  aspectRatio: 'auto',
  resolution: '720p',
  durationSeconds: 8,
};
const today = dayOf(new Date().toISOString());

let aws: TestAws;
let provider: ProviderServer;
let prepareJob: typeof PrepareJob;
let checkJob: typeof CheckJob;
let storeVideo: typeof StoreVideo;
let operations: typeof Operations;
let spend: typeof SpendReader;

beforeAll(async () => {
  provider = await startProvider();
  aws = await startAws(
    runtimeSettings({
      budgets: { owners: { anna: { dailyDollars: 1.6 }, tiny: { dailyDollars: 0.5 } } },
      providers: {
        simulated: providerSettings(),
        google: providerSettings({
          dialect: 'gemini',
          // The server here takes what begins with /api/ for a question.
          submitBaseUrl: `${provider.url}/api`,
          allowPrivateAddresses: true,
          confirmFailure: false,
          models: ['veo-3.1-fast-generate-preview'],
        }),
        relay: providerSettings({ dialect: 'openai-video', models: ['veo-2.0-generate-001'] }),
      },
    }),
  );
  ({ handler: prepareJob } = await import('../../../lambdas/prepare-job.ts'));
  ({ handler: checkJob } = await import('../../../lambdas/check-job.ts'));
  ({ handler: storeVideo } = await import('../../../lambdas/store-video.ts'));
  operations = await import('../../../lambdas/shared/jobs/job-operations.ts');
  spend = await import('../../../lambdas/shared/table/spend-store.ts');
}, 120_000);
afterAll(async () => {
  await provider.close();
  await aws.stop();
});

const operation = (response: object) =>
  json(200, { name: 'operations/task1', done: true, response: { generateVideoResponse: response } });

let count = 0;
const given = async (state: Partial<JobState>, request: Parameters<typeof jobRequest>[0] = {}) => {
  count += 1;
  const jobId = `job${count}`;
  const key = `${jobId}.png`;
  const versionId = await aws.put(key, png(320, 180));
  const startFrame = { bucket: buckets.inbox, key, versionId };
  await putJob({ ...acceptedState(), ...state, jobId }, jobRequest({ startFrame, ...request }));
  return jobId;
};
const prepared = async (state: Partial<JobState>) => {
  const jobId = await given(state);
  await prepareJob({ jobId, run: 1 }, context);
  return (await aws.items(jobId)).STATE;
};
const committed = (owner: string, day = today) => spend.readCommittedMicros(owner, day);
const setLimits = (owner: string, limits: object) =>
  DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new PutCommand({
      TableName: process.env.JOB_TABLE ?? '',
      Item: { pk: `OWNER#${owner}`, sk: 'LIMITS', ...limits },
    }),
  );

describe('PrepareJob', () => {
  it('reserves the price in the owner’s day, in the job’s own write', async () => {
    const state = await prepared({ owner: 'anna' });
    expect(state).toMatchObject({
      status: 'accepted',
      reserved: { day: today, micros: 800_000 },
      revision: 2,
    });
    expect(await committed('anna')).toBe(800_000);
  });

  it('twice reserves once', async () => {
    await setLimits('twice', { dailyDollars: 10 });
    const jobId = await given({ owner: 'twice' });
    await prepareJob({ jobId, run: 1 }, context);
    await prepareJob({ jobId, run: 1 }, context);
    expect(await committed('twice')).toBe(800_000);
  });

  it('at the edge, many at once: as many as fit, and not one more', async () => {
    await setLimits('bea', { dailyDollars: 2.4 });
    const states = await Promise.all(Array.from({ length: 8 }, () => prepared({ owner: 'bea' })));
    expect(states.map((state) => state?.status).sort()).toEqual([
      ...Array.from({ length: 3 }, () => 'accepted'),
      ...Array.from({ length: 5 }, () => 'failed'),
    ]);
    expect(await committed('bea')).toBe(2_400_000);
    expect(states.find((state) => state?.status === 'failed')).toMatchObject({
      failure: {
        code: 'BUDGET_EXCEEDED',
        charged: 'no',
        message: expect.stringMatching(
          /\$0\.80.*\$2\.40 that bea may spend.*fits from \d{4}-\d\d-\d\d, 00:00 UTC, on/,
        ),
      },
    });
  });

  it('says of a price above the whole limit that it never fits, and takes nothing', async () => {
    expect(await prepared({ owner: 'tiny' })).toMatchObject({
      failure: { code: 'BUDGET_EXCEEDED', message: expect.stringContaining('never fits') },
    });
    expect(await committed('tiny')).toBeUndefined();
  });

  it('lets the table’s limit go over the stage’s', async () => {
    await setLimits('tiny', { dailyDollars: 0.8 });
    expect(await prepared({ owner: 'tiny' })).toMatchObject({ status: 'accepted' });
    await setLimits('tiny', { dailyDollars: 0 });
    expect(await prepared({ owner: 'tiny' })).toMatchObject({ failure: { code: 'BUDGET_EXCEEDED' } });
  });

  it('refuses a video whose price nobody lists, for there is nothing to hold against the limit', async () => {
    const { priceMicros: _, ...unpriced } = acceptedState({
      provider: 'relay',
      model: 'veo-2.0-generate-001',
    });
    const { REQUEST } = await aws.items(await given({ owner: 'anna' }));
    await putJob({ ...unpriced, owner: 'anna', jobId: 'unpriced' }, JobRequest.parse(REQUEST));
    await prepareJob({ jobId: 'unpriced', run: 1 }, context);
    expect((await aws.items('unpriced')).STATE).toMatchObject({
      failure: { code: 'BUDGET_EXCEEDED', message: expect.stringContaining('has no list price') },
    });
  });

  it('of an owner without a limit writes no budget', async () => {
    expect(await prepared({ owner: 'free' })).not.toHaveProperty('reserved');
    expect(await committed('free')).toBeUndefined();
  });
});

describe('an ending settles, in the same write', () => {
  const reserved = { day: '2026-01-01', micros: 800_000 };
  // What PrepareJob would have written.
  const committing = async (owner: string, micros: number) =>
    DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
      new PutCommand({
        TableName: process.env.JOB_TABLE ?? '',
        Item: { pk: `BUDGET#${owner}#2026-01-01`, sk: 'DAY', committedMicros: micros },
      }),
    );
  const stored = async (owner: string, videoCount: number, outputs: object) => {
    const priceMicros = 800_000 * videoCount;
    await committing(owner, priceMicros);
    provider.check = operation(outputs);
    provider.download = file(video);
    return given(
      { ...storingState(), ...google, owner, priceMicros, reserved: { ...reserved, micros: priceMicros } },
      { parameters: { ...asked, ...google, videoCount } },
    );
  };
  const samples = (many: number) => ({
    generatedSamples: Array.from({ length: many }, (_, n) => ({
      video: { uri: `${provider.url}/v${n}.mp4` },
    })),
  });

  it('a video that came costs what it was reserved for', async () => {
    const jobId = await stored('carl', 1, samples(1));
    await storeVideo({ jobId, run: 1 }, context);
    expect((await aws.items(jobId)).STATE).toMatchObject({
      status: 'succeeded',
      costMicros: 800_000,
      reserved,
    });
    expect(await committed('carl', '2026-01-01')).toBe(800_000);
    const [row] = await spend.readSpend('carl', '2026-01-01');
    expect(row).toMatchObject({ model: google.model, videos: 1, micros: 800_000, atStakeMicros: 0 });
  });

  it('of two that were asked for and one that came, Google charges one', async () => {
    const jobId = await stored('dora', 2, { ...samples(1), raiMediaFilteredCount: 1 });
    await storeVideo({ jobId, run: 1 }, context);
    expect((await aws.items(jobId)).STATE).toMatchObject({ costMicros: 800_000, priceMicros: 1_600_000 });
    expect(await committed('dora', '2026-01-01')).toBe(800_000);
  });

  it('a video that Google filtered gives everything back', async () => {
    const jobId = await stored('eve', 1, { raiMediaFilteredCount: 1, raiMediaFilteredReasons: ['unsafe'] });
    await checkJob({ jobId, run: 1 }, context);
    expect((await aws.items(jobId)).STATE).toMatchObject({
      failure: { code: 'CONTENT_FILTERED', charged: 'no' },
      reserved: { day: '2026-01-01', micros: 0 },
    });
    expect(await committed('eve', '2026-01-01')).toBe(0);
    expect(await spend.readSpend('eve', '2026-01-01')).toMatchObject([
      { failed: 1, videos: 0, micros: 0, atStakeMicros: 0 },
    ]);
  });

  it('a job that is cancelled before its order gives back', async () => {
    await committing('fred', 800_000);
    const jobId = await given({ owner: 'fred', status: 'queued', reserved });
    await operations.cancel(jobId, 'fred', { abandon: false });
    expect(await committed('fred', '2026-01-01')).toBe(0);
  });

  it('an order that nobody answered stays, until a person gives it up; what it may have cost stays known', async () => {
    await committing('gina', 800_000);
    const jobId = 'unknown';
    await putJob(
      { ...acceptedState({ reserved, owner: 'gina' }), jobId, status: 'submit-unknown', attempt: 1 },
      jobRequest(),
      {
        ...newAttempt(1, 'hash', '2026-01-01T00:00:00.000Z'),
        answeredAt: '2026-01-01T00:01:00.000Z',
        outcome: 'unknown',
      },
    );
    expect(await committed('gina', '2026-01-01')).toBe(800_000);
    await operations.redrive(jobId, 'gina', { giveUp: true });
    expect(await committed('gina', '2026-01-01')).toBe(0);
    expect(await spend.readSpend('gina', '2026-01-01')).toEqual([
      {
        model: 'veo3.1-fast',
        succeeded: 0,
        failed: 1,
        cancelled: 0,
        videos: 0,
        seconds: 0,
        micros: 0,
        atStakeMicros: 800_000,
      },
    ]);
  });
});
