import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobState } from '../../core/jobs/job.ts';
import { Mp4Inspector } from '../../core/media/mp4/mp4-inspector.ts';
import { findModel } from '../../core/providers/model-registry.ts';
import type { Scene } from '../../core/providers/scenes.ts';
import { isOver, TestStack } from '../support/clouds/test-stack.ts';

// Every scene of every dialect, ordered by the API, made by the simulated gateway, stored by the real template.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
const sourceVideo = readFileSync(join(__dirname, '../fixtures/video/faststart.mp4'));
let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.join('calm', { role: 'scenes' });
  await stack.put('FrameBucketName', 'a.jpg', frame);
  await stack.put('FrameBucketName', 'b.jpg', frame);
  await stack.put('FrameBucketName', 'v.mp4', sourceVideo);
}, 300_000);

afterAll(() => stack?.leave());

const ours = (key: string) => ({ s3Uri: `s3://${stack.output('FrameBucketName')}/${key}` });

const order = (body: Record<string, unknown>) => stack.call('POST', '/jobs', body);

const untilOver = async (jobId: string): Promise<JobState> => (await stack.until(jobId, isOver, 90)).state;

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
  const jobs = new Map<string, ReturnType<typeof order>>();
  beforeAll(async () => {
    for (const [provider, scene, model] of rows) {
      const prompt = `${provider} ${scene}`;
      jobs.set(prompt, order({ provider, model, prompt, ...media[scene](), extra: { is_rec: true } }));
    }
    await Promise.all(jobs.values());
  }, 60_000);

  it.each(rows)(
    '%s, %s: a video as it was asked for, charged once',
    async (provider, scene) => {
      const answer = await jobs.get(`${provider} ${scene}`);
      expect(answer).toMatchObject({ status: 202, body: { scene } });
      const state = await untilOver(answer?.body.jobId ?? '');
      expect(state).toMatchObject({ status: 'succeeded', provider });

      const key = state.video?.key ?? '';
      const bytes = await stack.readVideo(key);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(state.video?.sha256);
      const inspector = new Mp4Inspector();
      inspector.push(bytes);
      expect(inspector.finish()).toMatchObject({ width: 1280, height: 720 });

      const tasks = await stack.ordered((prompt) => prompt === `${provider} ${scene}`);
      expect(tasks).toMatchObject([{ charged: true, passedThrough: { is_rec: expect.anything() } }]);
      const manifest = await stack.manifest(key);
      expect(manifest).toMatchObject({ request: { scene, extra: { is_rec: true } } });
      // What was made is what was asked for: nothing to note.
      expect(manifest).not.toHaveProperty('notes');
    },
    120_000,
  );
});

const google = { provider: 'simulated-gemini', model: 'veo-3.1-fast-generate-preview' };

it('a video goes on where an earlier job of the same provider ended', async () => {
  const jobId = await stack.order({ ...google, prompt: 'The first part.' });
  expect(await untilOver(jobId)).toMatchObject({ status: 'succeeded' });
  const second = await stack.order({ ...google, prompt: 'On it goes.', video: { jobId } });
  expect(await untilOver(second)).toMatchObject({
    status: 'succeeded',
    video: { durationSeconds: expect.closeTo(15, 0) },
  });
}, 120_000);

it('several videos of one request are stored beside each other, and a filtered one is noted', async () => {
  const prompt = 'Three of them. [[fault:partial]]';
  const state = await untilOver(await stack.order({ ...google, videoCount: 3, prompt }));
  expect(state).toMatchObject({ status: 'succeeded', videoCount: 2, priceMicros: 2_400_000 });
  expect(await stack.manifest(state.outputKey)).toMatchObject({
    videos: [{ key: state.outputKey }, { key: state.outputKey.replace(/\.mp4$/, '.2.mp4') }],
    notes: [expect.stringContaining('filtered 1 of 3'), '3 videos were requested, 2 came.'],
  });
}, 120_000);

it('what a model does not make is refused with one that does, and costs nothing', async () => {
  const answer = await order({
    provider: 'simulated-openai-video',
    prompt: 'No such thing.',
    referenceFrames: [ours('a.jpg')],
  });
  expect(answer).toMatchObject({
    status: 400,
    body: { title: 'INVALID_PARAMETERS', detail: expect.stringContaining('of provider simulated') },
  });
  const { submitLog } = await stack.ledger();
  expect(submitLog.filter(({ prompt }) => prompt === 'No such thing.')).toEqual([]);
});
