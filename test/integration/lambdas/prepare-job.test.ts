import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { JobRequest } from '../../../core/jobs/job.ts';
import type { handler as Handler } from '../../../lambdas/prepare-job.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  providerSettings,
  runningState,
  runtimeSettings,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';

let aws: TestAws;
let handler: typeof Handler;

beforeAll(async () => {
  aws = await startAws(
    runtimeSettings({
      maxFrameBytes: 10_000,
      providers: {
        simulated: providerSettings(),
        google: providerSettings({ dialect: 'gemini', models: ['veo-3.1-generate-preview'] }),
      },
    }),
  );
  ({ handler } = await import('../../../lambdas/prepare-job.ts'));
}, 120_000);
afterAll(() => aws.stop());

const asked = {
  provider: 'simulated',
  model: 'veo3.1-fast',
  prompt: 'A shoe turns.',
  aspectRatio: 'auto',
  resolution: '720p',
  durationSeconds: 8,
};
const withoutFrame = (changes: Parameters<typeof jobRequest>[0] = {}): JobRequest => {
  const { startFrame: _, ...request } = jobRequest(changes);
  return request;
};

let count = 0;
const prepare = async (body: Uint8Array | string, changes: Parameters<typeof jobRequest>[0] = {}) => {
  count += 1;
  const jobId = `job${count}`;
  const key = `${jobId}.png`;
  const versionId = await aws.put(key, body);
  await putJob(
    acceptedState({ jobId }),
    jobRequest({ startFrame: { bucket: buckets.inbox, key, versionId }, ...changes }),
  );
  const answer = await handler({ jobId, run: 1 }, context);
  return { jobId, answer, items: await aws.items(jobId) };
};

it('a picture is looked at and admitted', async () => {
  const { jobId, answer, items } = await prepare(png(320, 180));
  expect(answer).toEqual({ jobId, run: 1, next: 'submit', waitSeconds: 0 });
  expect(items.STATE).toMatchObject({
    status: 'accepted',
    frame: { mimeType: 'image/png', width: 320, height: 180 },
  });
  expect(items.STATE?.frame).toHaveProperty('sha256', expect.stringMatching(/^[0-9a-f]{64}$/));
});

it.each([
  ['a text file renamed .png', 'hello, I am no picture'],
  ['an empty file', ''],
  ['a web page', '<!doctype html><html></html>'],
  ['half a picture', png(320, 180).subarray(0, 80)],
  ['a picture above the limit', Buffer.concat([png(), Buffer.alloc(20_000)])],
])('%s fails as INVALID_FRAME, free, with an event', async (_, body) => {
  const { answer, items } = await prepare(body);
  expect(answer.next).toBe('end');
  expect(items.STATE).toMatchObject({ status: 'failed', failure: { code: 'INVALID_FRAME', charged: 'no' } });
  expect(items['EVENT#000002']).toMatchObject({
    type: 'Video Job Failed',
    failure: { code: 'INVALID_FRAME' },
  });
});

it('a frame that was deleted fails as INVALID_FRAME', async () => {
  const { items } = await prepare(png(), { startFrame: { bucket: buckets.inbox, key: 'never-there.png' } });
  expect(items.STATE).toMatchObject({ status: 'failed', failure: { code: 'INVALID_FRAME' } });
});

it('parameters that cannot be used fail as INVALID_PARAMETERS with every reason', async () => {
  const problems = [
    { field: 'resolution', value: '8k', message: 'resolution "8k" cannot be used.' },
    { field: 'aspectRatio', value: '1:1', message: 'aspectRatio "1:1" cannot be used.' },
  ];
  const { items } = await prepare(png(), { problems });
  expect(items.STATE).toMatchObject({
    status: 'failed',
    failure: {
      code: 'INVALID_PARAMETERS',
      message: 'resolution "8k" cannot be used. aspectRatio "1:1" cannot be used.',
    },
  });
});

it('a last frame is looked at as well', async () => {
  await aws.put('last.txt', 'no picture', {}, buckets.frames);
  const { items } = await prepare(png(), { lastFrame: { bucket: buckets.frames, key: 'last.txt' } });
  expect(items.STATE).toMatchObject({ status: 'failed', failure: { code: 'INVALID_FRAME' } });
});

it('what the provider cannot be told fails before anything is ordered, free', async () => {
  const { answer, items } = await prepare(png(), {
    parameters: { ...asked, durationSeconds: 6 },
  });
  expect(answer.next).toBe('end');
  expect(items.STATE).toMatchObject({
    status: 'failed',
    failure: { code: 'PROVIDER_REJECTED', charged: 'no' },
  });
});

it('a job without a start frame has nothing to look at', async () => {
  await putJob(acceptedState({ jobId: 'text' }), withoutFrame());
  expect((await handler({ jobId: 'text', run: 1 }, context)).next).toBe('submit');
  expect((await aws.items('text')).STATE).not.toHaveProperty('frame');
});

it('reference frames are looked at, each', async () => {
  await aws.put('one.png', png(40, 30), {}, buckets.frames);
  await aws.put('none.txt', 'no picture', {}, buckets.frames);
  const at = (key: string) => ({ bucket: buckets.frames, key });
  await putJob(
    acceptedState({ jobId: 'good' }),
    withoutFrame({ referenceFrames: [at('one.png'), at('one.png')] }),
  );
  await handler({ jobId: 'good', run: 1 }, context);
  expect((await aws.items('good')).STATE).toMatchObject({
    referenceFrames: [{ width: 40, height: 30 }, { mimeType: 'image/png' }],
  });
  await putJob(
    acceptedState({ jobId: 'bad' }),
    withoutFrame({ referenceFrames: [at('one.png'), at('none.txt')] }),
  );
  expect((await handler({ jobId: 'bad', run: 1 }, context)).next).toBe('end');
  expect((await aws.items('bad')).STATE).toMatchObject({ failure: { code: 'INVALID_FRAME' } });
});

describe('a video to continue', () => {
  const continued = async (jobId: string, body: Uint8Array | string) => {
    const video = { bucket: buckets.frames, key: `${jobId}.mp4` };
    await aws.put(video.key, body, {}, buckets.frames);
    await putJob(
      acceptedState({ jobId, provider: 'google', model: 'veo-3.1-generate-preview' }),
      withoutFrame({
        video,
        parameters: { ...asked, provider: 'google', model: 'veo-3.1-generate-preview' },
      }),
    );
    const { next } = await handler({ jobId, run: 1 }, context);
    return { next, state: (await aws.items(jobId)).STATE };
  };

  it('is a whole MP4', async () => {
    const mp4 = readFileSync(join(__dirname, '../../fixtures/video/faststart.mp4'));
    expect(await continued('mp4', mp4)).toMatchObject({ next: 'submit', state: { status: 'accepted' } });
    expect(await continued('half', mp4.subarray(0, -100))).toMatchObject({
      next: 'end',
      state: {
        failure: { code: 'INVALID_PARAMETERS', message: expect.stringContaining('not a complete MP4') },
      },
    });
  });

  it('that is gone is said to be', async () => {
    await putJob(
      acceptedState({ jobId: 'gone', provider: 'google' }),
      withoutFrame({ video: { bucket: buckets.frames, key: 'gone.mp4' } }),
    );
    await handler({ jobId: 'gone', run: 1 }, context);
    expect((await aws.items('gone')).STATE).toMatchObject({
      failure: { code: 'INVALID_PARAMETERS', message: expect.stringContaining('deleted') },
    });
  });
});

it('without budgets in the stage none is read: not even a limit of 0 in the table holds', async () => {
  await DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new PutCommand({
      TableName: process.env.JOB_TABLE ?? '',
      Item: { pk: 'OWNER#drop', sk: 'LIMITS', dailyDollars: 0 },
    }),
  );
  const { answer, items } = await prepare(png(320, 180));
  expect(answer.next).toBe('submit');
  expect(items.STATE).not.toHaveProperty('reserved');
});

it('a step of an older run ends without touching the job', async () => {
  await putJob(acceptedState({ jobId: 'newer', run: 2 }), jobRequest());
  expect(await handler({ jobId: 'newer', run: 1 }, context)).toEqual({
    jobId: 'newer',
    run: 1,
    next: 'end',
    waitSeconds: 0,
  });
  expect((await aws.items('newer')).STATE).toMatchObject({ status: 'accepted', run: 2, revision: 1 });
});

it('a job that was ordered already goes straight on', async () => {
  await putJob(runningState({ jobId: 'ordered' }), jobRequest());
  expect((await handler({ jobId: 'ordered', run: 1 }, context)).next).toBe('submit');
});

it('a job that is not there ends its execution, and an input that is no job is an error', async () => {
  expect(await handler({ jobId: 'nobody', run: 1 }, context)).toMatchObject({ next: 'end' });
  await expect(handler({ jobId: 7 }, context)).rejects.toThrow();
});
