import { z } from 'zod';
import type { DialectName } from '../../../simulator/dialect-name.ts';
import type { RunningGateway } from '../../../simulator/server.ts';
import {
  clip,
  colourAt,
  key,
  type PictureServer,
  picture,
  postJson,
  repeat,
  start,
  startFiles,
  watch,
} from './support.ts';

jest.setTimeout(180_000);

// Every scene of every dialect: a submit for it, which ends in a video or misbehaves as requested.

let gateway: RunningGateway;
let files: PictureServer;

beforeAll(async () => {
  gateway = await start();
  files = await startFiles({ '/frame.jpg': picture, '/film.mp4': await clip() });
}, 300_000);
afterAll(async () => {
  await gateway.close();
  await files.close();
});

const bearer = { authorization: `Bearer ${key}` };
const base64 = picture.toString('base64');
const inline = { mimeType: 'image/jpeg', bytesBase64Encoded: base64 };
const frame = () => `${files.url}/frame.jpg`;

interface Order {
  readonly path: string;
  readonly headers: Record<string, string>;
  bodyOf(prompt: string): unknown;
}

const gptproto = (scene: string, more: () => object): Order => ({
  path: `/api/v3/google/veo3.1-fast/${scene}`,
  headers: { authorization: key },
  bodyOf: (prompt) => ({ prompt, aspect_ratio: '9:16', ...more() }),
});
const gemini = (more: () => object, durationSeconds: number): Order => ({
  path: '/v1beta/models/veo-3.1-fast-generate-preview:predictLongRunning',
  headers: { 'x-goog-api-key': key },
  bodyOf: (prompt) => ({
    instances: [{ prompt, ...more() }],
    parameters: { aspectRatio: '9:16', durationSeconds },
  }),
});
const openaiVideo = (path: string, more: () => object): Order => ({
  path,
  headers: bearer,
  bodyOf: (prompt) => ({
    model: 'veo-3.1-fast-generate-preview',
    prompt,
    aspect_ratio: '9:16',
    size: '720x1280',
    ...more(),
  }),
});

const images = () => ({ images: [`data:image/jpeg;base64,${base64}`], seconds: '8' });
const scenes: [dialect: DialectName, scene: string, order: Order, seconds: number][] = [
  ['gptproto', 'text-to-video', gptproto('text-to-video', () => ({})), 8],
  ['gptproto', 'image-to-video', gptproto('image-to-video', () => ({ image: frame() })), 8],
  ['gptproto', 'reference-to-video', gptproto('reference-to-video', () => ({ images: [frame()] })), 8],
  ['gemini', 'text-to-video', gemini(() => ({}), 4), 4],
  ['gemini', 'image-to-video', gemini(() => ({ image: inline }), 6), 6],
  ['gemini', 'image-to-video', gemini(() => ({ image: inline, lastFrame: inline }), 8), 8],
  [
    'gemini',
    'reference-to-video',
    gemini(() => ({ referenceImages: [{ image: inline, referenceType: 'asset' }] }), 8),
    8,
  ],
  ['gemini', 'video-to-video', gemini(() => ({ video: { uri: `${files.url}/film.mp4` } }), 8), 9],
  ['openai-video', 'text-to-video', openaiVideo('/v1/video/generations', () => ({ seconds: '4' })), 4],
  ['openai-video', 'text-to-video', openaiVideo('/v1/videos', () => ({ seconds: '6' })), 6],
  ['openai-video', 'image-to-video', openaiVideo('/v1/video/generations', images), 8],
  ['openai-video', 'image-to-video', openaiVideo('/v1/videos', images), 8],
];

const order = ({ path, headers, bodyOf }: Order, prompt: string) =>
  postJson(gateway.url + path, bodyOf(prompt), headers);

const Handle = z.union([
  z.object({ data: z.object({ urls: z.object({ get: z.url() }) }) }).transform(({ data }) => data.urls.get),
  z.object({ name: z.string() }).transform(({ name }) => `${gateway.url}/v1beta/${name}`),
  z.object({ task_id: z.string() }).transform(({ task_id }) => `${gateway.url}/v1/videos/${task_id}`),
]);

/** Where to poll an accepted submit. */
async function handleOf(order: Promise<Response>): Promise<string> {
  const response = await order;
  const text = await response.text();
  if (response.status !== 200) throw new Error(`not accepted: ${text}`);
  return Handle.parse(JSON.parse(text));
}
const ask = (url: string, { headers }: Order) => fetch(url, { headers });
const lastTask = () => gateway.ledger().tasks.at(-1);
const over = (statuses: string[]) =>
  repeat(
    async () => lastTask()?.status ?? '',
    (status) => statuses.includes(status),
  );

/** The URL of the video, wherever the dialect has it. */
async function videoUrl(url: string, like: Order): Promise<string> {
  const text = await repeat(
    async () => (await ask(url, like)).text(),
    (answer) => /"(completed|done":true)/.test(answer),
  );
  const [found = ''] = /http:[^"]*\/files\/[^"]+/.exec(text) ?? [];
  return found;
}
const videoOf = async (url: string, { headers }: Order) =>
  Buffer.from(await (await fetch(url, { headers })).arrayBuffer());

describe.each(scenes)('%s %s', (dialect, scene, like, seconds) => {
  test('makes a film of the requested aspect ratio, size and length', async () => {
    const url = await videoUrl(await handleOf(order(like, 'A boat')), like);
    expect(await watch(await videoOf(url, like))).toMatchObject({ size: '720x1280', seconds });
    expect(lastTask()).toMatchObject({
      dialect,
      scene,
      status: 'succeeded',
      charged: true,
      samples: 1,
      // an extension is charged for the seconds it adds
      chargedMicros: (scene === 'video-to-video' ? 7 : seconds) * 100_000,
    });
  });

  test('misbehaves at every stage', async () => {
    expect((await order(like, `${like.path} ${scene} ${seconds} [[fault:429(1)]]`)).status).toBe(429);
    expect((await order(like, 'A boat [[fault:500-after]]')).status).toBe(500);
    expect(lastTask()).toMatchObject({ scene, charged: true });

    await handleOf(order(like, 'A boat [[fault:filtered]]'));
    await over(['filtered']);
    expect(lastTask()).toMatchObject({ charged: false, chargedMicros: 0 });

    const faultyAnswer = await handleOf(
      order(like, 'A boat [[fault:poll-500(1)]] [[fault:flap-failed]] [[fault:html-video]]'),
    );
    expect((await ask(faultyAnswer, like)).status).toBe(500);
    expect(await (await ask(faultyAnswer, like)).text()).toMatch(/failed|error/);
    const url = await videoUrl(faultyAnswer, like);
    expect((await videoOf(url, like)).toString()).toContain('<html>');
  });
});

describe('what is seen', () => {
  const made = async (like: Order, prompt = 'A boat') =>
    videoOf(await videoUrl(await handleOf(order(like, prompt)), like), like);

  test('without a picture something moves, and many prompts share a few renders', async () => {
    const like = gemini(() => ({}), 4);
    const bytes = await made(like);
    expect(await colourAt(bytes, 0.1)).not.toBe(await colourAt(bytes, 3.9));
    const before = gateway.ledger().renders;
    const prompts = Array.from({ length: 24 }, (_, index) => `Boat ${index}`);
    await Promise.all(prompts.map((prompt) => made(like, prompt)));
    expect(gateway.ledger().renders - before).toBeLessThanOrEqual(3);
  });

  test('references show the first of them', async () => {
    const [first, other] = [inline, { ...inline, bytesBase64Encoded: onePixel }];
    const referenceImages = [first, other].map((image) => ({ image, referenceType: 'asset' }));
    const references = await made(gemini(() => ({ referenceImages }), 8));
    expect(references.equals(await made(gemini(() => ({ image: inline }), 8)))).toBe(true);
  });

  test('an extension starts like the video and continues where it ended', async () => {
    const source = await clip(2, ['red', 'blue']);
    const at = await startFiles({ '/film.mp4': source });
    try {
      const bytes = await made(gemini(() => ({ video: { uri: `${at.url}/film.mp4` } }), 8));
      expect(await colourAt(bytes, 0.5)).toBe('red');
      expect(await colourAt(bytes, 1.5)).toBe('blue');
      expect(await colourAt(bytes, 8.5)).toBe('blue');
    } finally {
      await at.close();
    }
  });
});

const onePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
