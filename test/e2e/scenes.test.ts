import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { isEnded, type JobState } from '../../core/job.ts';
import { findModel } from '../../core/models.ts';
import { Mp4Inspector } from '../../core/mp4.ts';
import type { Scene } from '../../core/scenes.ts';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import { readJob } from '../../local/job-reader.ts';
import { signedFetch } from '../../local/signed-fetch.ts';
import { freePort } from '../support/free-port.ts';

// Every scene of every dialect, ordered by the API, made by the simulated gateway, stored by the real template.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
const sourceVideo = readFileSync(join(__dirname, '../fixtures/video/faststart.mp4'));
const folder = mkdtempSync(join(tmpdir(), 'startframe-scenes-'));
let cloud: LocalCloud;

beforeAll(async () => {
  cloud = await startLocalCloud({
    port: await freePort(),
    baseFolder: folder,
    waitScale: 0.05,
    simulated: { seconds: 1 },
    providerSettings: { firstWaitSeconds: 20, pollStepSeconds: 20 },
    moreProviders: {
      // `/v1/videos` with a form, asked for in the shape that it has there.
      form: {
        dialect: 'openai-video',
        options: { submitForm: 'multipart' },
        allowPrivateAddresses: true,
        models: ['veo-3.1-fast-generate-preview'],
        deadlineSeconds: 120,
        retentionSeconds: 900,
      },
    },
  });
  for (const [name, body] of Object.entries({ 'a.jpg': frame, 'b.jpg': frame, 'v.mp4': sourceVideo }))
    await cloud.clients.s3.send(
      new PutObjectCommand({ Bucket: output('FrameBucketName'), Key: name, Body: body }),
    );
}, 300_000);

afterAll(async () => {
  await cloud?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const output = (name: string): string => {
  const value = cloud.outputs[name];
  if (value === undefined) throw new Error(`The stack has no output ${name}.`);
  return value;
};

const ours = (key: string) => ({ s3Uri: `s3://${output('FrameBucketName')}/${key}` });

const Accepted = z.looseObject({ jobId: z.string() });
const order = async (body: Record<string, unknown>): Promise<{ status: number; answer: unknown }> => {
  const url = new URL(`${output('ApiUrl').replace(/\/+$/, '')}/jobs`);
  const response = await signedFetch(cloud.access, url, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, answer: await response.json() };
};

const untilEnd = async (jobId: string, seconds = 90): Promise<JobState> => {
  for (let tries = 0; tries < seconds * 4; tries += 1) {
    const job = await readJob(cloud.clients.table, output('JobTableName'), jobId);
    if (job && (isEnded(job.state) || job.state.status === 'submit-unknown')) return job.state;
    await sleep(250);
  }
  throw new Error(`Job ${jobId} did not end within ${seconds} s.`);
};

const read = async (key: string): Promise<Buffer> => {
  const { Body } = await cloud.clients.s3.send(
    new GetObjectCommand({ Bucket: output('VideoBucketName'), Key: key }),
  );
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

const media: Record<Scene, () => Record<string, unknown>> = {
  'text-to-video': () => ({}),
  'image-to-video': () => ({ frame: ours('a.jpg') }),
  'first-and-last-frame': () => ({ frame: ours('a.jpg'), lastFrame: ours('b.jpg') }),
  'reference-to-video': () => ({ referenceFrames: [ours('a.jpg'), ours('b.jpg')] }),
  'video-to-video': () => ({ video: ours('v.mp4') }),
};

const providers = {
  simulated: ['gptproto', 'veo3.1-fast'],
  'simulated-gemini': ['gemini', 'veo-3.1-fast-generate-preview'],
  'simulated-openai-video': ['openai-video', 'veo-3.1-fast-generate-preview'],
  form: ['openai-video', 'veo-3.1-fast-generate-preview'],
} as const;

const rows = Object.entries(providers).flatMap(([provider, [dialect, model]]) =>
  (findModel(dialect, model)?.scenes ?? []).map((scene): [string, Scene, string] => [provider, scene, model]),
);

it('the registry has scenes for every provider', () => {
  expect(rows.length).toBe(13);
});

describe('ordered at the same time', () => {
  const jobs = new Map<string, Promise<{ status: number; answer: unknown }>>();
  beforeAll(async () => {
    for (const [provider, scene, model] of rows)
      jobs.set(
        `${provider} ${scene}`,
        order({
          provider,
          model,
          prompt: `${provider} ${scene}`,
          ...media[scene](),
          extra: { is_rec: true },
        }),
      );
    await Promise.all(jobs.values());
  }, 60_000);

  it.each(rows)(
    '%s, %s: a video as it was asked for, charged once',
    async (provider, scene) => {
      const { status, answer } = (await jobs.get(`${provider} ${scene}`)) ?? { status: 0, answer: undefined };
      expect({ status, answer }).toMatchObject({ status: 202, answer: { scene } });
      const { jobId } = Accepted.parse(answer);
      const state = await untilEnd(jobId);
      expect(state).toMatchObject({ status: 'succeeded', provider });

      const bytes = await read(state.video?.key ?? '');
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(state.video?.sha256);
      const inspector = new Mp4Inspector();
      inspector.push(bytes);
      expect(inspector.finish()).toMatchObject({ width: 1280, height: 720 });

      const tasks = cloud.gateway?.ledger().tasks.filter(({ prompt }) => prompt === `${provider} ${scene}`);
      expect(tasks).toHaveLength(1);
      expect(tasks?.[0]).toMatchObject({ charged: true, passedThrough: { is_rec: expect.anything() } });
      const manifest = JSON.parse(
        (await read(state.video?.key.replace(/\.mp4$/, '.job.json') ?? '')).toString(),
      );
      expect(manifest).toMatchObject({ request: { scene, extra: { is_rec: true } } });
      // What was made is what was asked for: nothing to note.
      expect(manifest).not.toHaveProperty('notes');
    },
    120_000,
  );
});

it('a video goes on where an earlier job of the same provider ended', async () => {
  const google = { provider: 'simulated-gemini', model: 'veo-3.1-fast-generate-preview' };
  const first = await order({ ...google, prompt: 'The first part.' });
  const { jobId } = Accepted.parse(first.answer);
  expect(await untilEnd(jobId)).toMatchObject({ status: 'succeeded' });
  const second = await order({ ...google, prompt: 'On it goes.', video: { jobId } });
  const state = await untilEnd(Accepted.parse(second.answer).jobId);
  expect(state).toMatchObject({ status: 'succeeded', video: { durationSeconds: expect.closeTo(15, 0) } });
}, 120_000);

it('several videos of one request are stored beside each other, and a filtered one is noted', async () => {
  const google = { provider: 'simulated-gemini', model: 'veo-3.1-fast-generate-preview', videoCount: 3 };
  const { answer } = await order({ ...google, prompt: 'Three of them. [[fault:partial]]' });
  const state = await untilEnd(Accepted.parse(answer).jobId);
  expect(state).toMatchObject({ status: 'succeeded', videoCount: 2, priceMicros: 2_400_000 });
  const manifest = JSON.parse((await read(state.outputKey.replace(/\.mp4$/, '.job.json'))).toString());
  expect(manifest.videos.map(({ key }: { key: string }) => key)).toEqual([
    state.outputKey,
    state.outputKey.replace(/\.mp4$/, '.2.mp4'),
  ]);
  expect(manifest.notes).toEqual([
    expect.stringContaining('filtered 1 of 3'),
    '3 videos were asked for, 2 came.',
  ]);
}, 120_000);

it('what a model does not make is refused with one that does, and costs nothing', async () => {
  const { status, answer } = await order({
    provider: 'simulated-openai-video',
    prompt: 'No such thing.',
    referenceFrames: [ours('a.jpg')],
  });
  expect({ status, answer }).toMatchObject({
    status: 400,
    answer: { title: 'INVALID_PARAMETERS', detail: expect.stringContaining('of provider simulated') },
  });
  expect(cloud.gateway?.ledger().submitLog.some(({ prompt }) => prompt === 'No such thing.')).toBe(false);
});
