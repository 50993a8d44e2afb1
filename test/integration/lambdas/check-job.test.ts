import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { JobState } from '../../../core/jobs/job.ts';
import { bucketOf } from '../../../core/jobs/latency.ts';
import type { handler as Handler } from '../../../lambdas/check-job.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  providerSettings,
  runningState,
  runtimeSettings,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import {
  cutConnection,
  envelope,
  json,
  type ProviderServer,
  startProvider,
} from '../../support/provider-server.ts';

let aws: TestAws;
let provider: ProviderServer;
let handler: typeof Handler;

beforeAll(async () => {
  provider = await startProvider();
  aws = await startAws(
    runtimeSettings({
      providers: {
        simulated: providerSettings({
          submitBaseUrl: provider.url,
          allowPrivateAddresses: true,
          askAgainSeconds: 7,
        }),
      },
    }),
  );
  ({ handler } = await import('../../../lambdas/check-job.ts'));
}, 120_000);
afterAll(async () => {
  await provider.close();
  await aws.stop();
});
beforeEach(() => {
  provider.check = envelope({ status: 'processing' });
  provider.seen.length = 0;
});

let count = 0;
const given = async (changes: Partial<JobState> = {}) => {
  count += 1;
  const jobId = `job${count}`;
  await putJob(
    { ...runningState(), submittedAt: new Date(Date.now() - 60_000).toISOString(), ...changes, jobId },
    jobRequest(),
  );
  return jobId;
};
const latencies = async (shard: string): Promise<Record<string, unknown> | undefined> => {
  const { Item } = await DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new GetCommand({
      TableName: process.env.JOB_TABLE,
      Key: { pk: 'LATENCY#simulated#veo3.1-fast#720p', sk: shard },
    }),
  );
  const { pk: _, sk: __, ...counts } = Item ?? {};
  return Item && counts;
};
const check = (jobId: string) => handler({ jobId, run: 1 }, context);
const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;

it('asks by the id of the submit, with the key', async () => {
  await check(await given());
  expect(provider.seen).toHaveLength(1);
  expect(provider.seen[0]).toMatchObject({ method: 'GET', path: '/api/v3/predictions/task1/result' });
  expect(provider.seen[0]?.headers.authorization).toBe('test-key');
});

describe('a video that is near', () => {
  const expected = { earliestSeconds: 50, latestSeconds: 90 };

  it('is asked for again in the same invocation, and what was learned of it is kept', async () => {
    const jobId = await given({ expected });
    let answers = 0;
    provider.check = (response, request) => {
      answers += 1;
      envelope(
        answers < 3
          ? { status: 'processing' }
          : { status: 'completed', outputs: ['https://files.example/v.mp4'] },
      )(response, request);
    };
    expect(await check(jobId)).toMatchObject({ next: 'store' });
    expect(provider.seen).toHaveLength(3);
    // Three questions, three seconds apart, of a video that was ordered a minute before.
    const counts = await Promise.all([0, 1, 2, 3].map((shard) => latencies(String(shard))));
    expect(counts.filter((item) => item !== undefined)).toEqual([{ [bucketOf(66)]: 1 }]);
  }, 20_000);

  it('is left to the next round when the time for it is over, and at once when it is not near', async () => {
    provider.check = envelope({ status: 'processing' });
    expect(await check(await given({ expected }))).toMatchObject({ next: 'wait' });
    expect(provider.seen).toHaveLength(3);
    provider.seen.length = 0;
    await check(await given({ expected: { earliestSeconds: 100, latestSeconds: 200 } }));
    expect(provider.seen).toHaveLength(1);
  }, 20_000);
});

it('an unchanged answer writes nothing', async () => {
  const jobId = await given();
  const before = await aws.items(jobId);
  expect(await check(jobId)).toMatchObject({ next: 'wait', waitSeconds: 10 });
  expect(await aws.items(jobId)).toEqual(before);
});

it.each([
  ['a 500', json(500, {})],
  ['a 401', json(401, {})],
  ['a 429', json(429, {})],
  ['an HTML page', json(200, '<html>')],
  ['a reset', cutConnection],
  ['a word nobody knows', envelope({ status: 'marinating' })],
])('never fails a job for %s', async (_, answer) => {
  provider.check = answer;
  const jobId = await given();
  for (let times = 0; times < 3; times += 1) expect((await check(jobId)).next).toBe('wait');
  expect(await stateOf(jobId)).toMatchObject({ status: 'running' });
});

it('goes on to store when the video is there', async () => {
  provider.check = envelope({ status: 'completed', outputs: ['https://files.example/v.mp4'] });
  const jobId = await given();
  expect(await check(jobId)).toMatchObject({ next: 'store' });
  const state = await stateOf(jobId);
  expect(state).toMatchObject({ status: 'storing', mustDownloadBy: expect.any(String) });
  expect(JSON.stringify(state)).not.toContain('files.example');
});

it('believes "failed" when it is said twice', async () => {
  provider.check = envelope({ status: 'failed', error: 'the model gave up' });
  const jobId = await given();
  expect(await check(jobId)).toMatchObject({ next: 'wait', waitSeconds: 5 });
  expect(await stateOf(jobId)).toMatchObject({ status: 'running' });
  expect(await check(jobId)).toMatchObject({ next: 'end' });
  expect(await stateOf(jobId)).toMatchObject({
    status: 'failed',
    failure: { code: 'PROVIDER_FAILED', message: expect.stringContaining('the model gave up') },
  });
});

it('does not believe "failed" when the next answer says otherwise', async () => {
  provider.check = envelope({ status: 'failed', error: 'hiccup' });
  const jobId = await given();
  await check(jobId);
  provider.check = envelope({ status: 'completed', outputs: ['https://files.example/v.mp4'] });
  expect((await check(jobId)).next).toBe('store');
});

it('"filtered" ends as CONTENT_FILTERED', async () => {
  provider.check = envelope({ status: 'completed', outputs: [], has_nsfw_contents: [true] });
  const jobId = await given();
  await check(jobId);
  await check(jobId);
  expect(await stateOf(jobId)).toMatchObject({ status: 'failed', failure: { code: 'CONTENT_FILTERED' } });
});

it('routes what is not running', async () => {
  expect((await check(await given({ status: 'succeeded' }))).next).toBe('end');
  expect((await check(await given({ status: 'submit-unknown' }))).next).toBe('end');
  await putJob(acceptedState({ jobId: 'queued', status: 'queued', attempt: 1 }), jobRequest());
  expect((await check('queued')).next).toBe('queue');
  await putJob(acceptedState({ jobId: 'its-turn', status: 'queued', slot: '0000' }), jobRequest());
  expect((await check('its-turn')).next).toBe('submit');
  await putJob(acceptedState({ jobId: 'moved' }), jobRequest());
  expect((await check('moved')).next).toBe('submit');
});
