import type { RunningGateway } from '../../../simulator/server.ts';
import {
  accept,
  ask,
  askOnce,
  key,
  type PictureServer,
  post,
  start,
  startPictures,
  submit,
} from './support.ts';

let gateway: RunningGateway;
let pictures: PictureServer;
let image: string;

beforeAll(async () => {
  pictures = await startPictures();
  image = `${pictures.url}/frame.jpg`;
  // No test here waits for a video: long tasks never complete.
  gateway = await start({ seconds: 60 });
}, 300_000);
afterAll(async () => {
  await gateway.close();
  await pictures.close();
});

describe('an accepted submit', () => {
  test('answers the envelope of the seed, created and without outputs', async () => {
    const answer = await submit(gateway, {
      prompt: 'A boat',
      image,
      aspect_ratio: '9:16',
      enhance_prompt: true,
    });
    expect(answer).toMatchObject({ status: 200, code: 200, message: 'success' });
    expect(answer.data).toMatchObject({
      model: 'veo3.1-fast',
      outputs: [],
      status: 'created',
      error: null,
      executionTime: 0,
      has_nsfw_contents: [],
      urls: { get: `${gateway.url}/api/v3/predictions/${answer.data?.id}/result` },
    });
    expect((await ask(gateway, answer.data?.id ?? '')).data?.id).toBe(answer.data?.id);
  });

  test.each(['veo3', 'veo3-fast', 'veo3-pro', 'veo3.1', 'veo3.1-fast', 'veo3.1-pro'])(
    '%s makes text-to-video',
    async (model) => {
      const { status } = await submit(gateway, { prompt: 'A boat' }, { path: `${model}/text-to-video` });
      expect(status).toBe(200);
    },
  );

  test('a redirect to the picture is followed, and a last image taken', async () => {
    const body = { prompt: 'A boat', image: `${pictures.url}/moved.jpg`, last_image: image };
    expect((await submit(gateway, body)).status).toBe(200);
  });

  test('a gateway behind a proxy uses its public URL', async () => {
    const behind = await start({ publicUrl: 'https://gateway.example/', seconds: 60 });
    try {
      const { id, urls } = await accept(behind, { prompt: 'x' }, { path: 'veo3/text-to-video' });
      expect(urls.get).toBe(`https://gateway.example/api/v3/predictions/${id}/result`);
    } finally {
      await behind.close();
    }
  });

  test('parameters of other models are shown as they came', async () => {
    const others = { audio_type: 'Speech', is_rec: true, off_peak: true, enable_sync_mode: false };
    const { id } = await accept(gateway, { prompt: 'A boat', image, ...others });
    const task = gateway.ledger().tasks.find((each) => each.id === id);
    expect(task).toMatchObject({ passedThrough: others, ignoredFields: [] });
  });

  test('unknown fields are ignored and remembered', async () => {
    const { id } = await accept(gateway, { prompt: 'A boat', image, durationSeconds: 4, seed: 1 });
    const task = gateway.ledger().tasks.find((each) => each.id === id);
    expect(task?.ignoredFields).toEqual(['durationSeconds', 'seed']);
  });
});

describe('a refused submit names what is wrong, and is free', () => {
  const withImage = (more: Record<string, unknown>) => () => ({ prompt: 'A boat', image, ...more });
  const rows: [what: string, names: string, body: () => unknown, path?: string][] = [
    ['unknown model', 'model', withImage({}), 'veo9/image-to-video'],
    ['unknown scene', 'scene', withImage({}), 'veo3/video-to-video'],
    [
      'references on a pro model',
      'scene',
      () => ({ prompt: 'x', images: [image] }),
      'veo3.1-pro/reference-to-video',
    ],
    ['no body', 'body', () => ''],
    ['half a body', 'body', () => '{"prompt":'],
    ['a list', 'body', () => []],
    ['no prompt', 'prompt', () => ({ image })],
    ['an empty prompt', 'prompt', withImage({ prompt: '  ' })],
    ['a prompt that is no text', 'prompt', withImage({ prompt: 7 })],
    ['an aspect ratio of seed 003', 'aspect_ratio', withImage({ aspect_ratio: '1:1' })],
    ['an unknown resolution', 'resolution', withImage({ resolution: '480p' })],
    ['a flag as text', 'enhance_prompt', withImage({ enhance_prompt: 'true' })],
    ['a flag as a number', 'enable_upsample', withImage({ enable_upsample: 1 })],
    ['no image', 'image', () => ({ prompt: 'x' })],
    ['null as image', 'image', () => ({ prompt: 'x', image: null })],
    ['an image for text-to-video', 'image', withImage({}), 'veo3/text-to-video'],
    ['a last image alone', 'last_image', () => ({ prompt: 'x', last_image: image }), 'veo3/text-to-video'],
    [
      'a last image with references',
      'last_image',
      () => ({ prompt: 'x', images: [image], last_image: image }),
      'veo3/reference-to-video',
    ],
    [
      'references for text-to-video',
      'images',
      () => ({ prompt: 'x', images: [image] }),
      'veo3/text-to-video',
    ],
    ['sync mode as text', 'enable_sync_mode', withImage({ enable_sync_mode: 'true' })],
    ['a data URI', 'image', () => ({ prompt: 'x', image: 'data:image/png;base64,iVBORw0KGgo=' })],
    ['a file address', 'image', () => ({ prompt: 'x', image: 'file:///etc/passwd' })],
    ['no address', 'image', () => ({ prompt: 'x', image: 'frame.jpg' })],
    ['an image that is not there', 'image', () => ({ prompt: 'x', image: `${pictures.url}/none.jpg` })],
    ['an image nobody serves', 'image', () => ({ prompt: 'x', image: 'http://127.0.0.1:9/frame.jpg' })],
    ['a page as image', 'image', () => ({ prompt: 'x', image: `${pictures.url}/page` })],
    ['a last image that is not there', 'last_image', withImage({ last_image: 'http://127.0.0.1:9/' })],
    ['no references', 'images', () => ({ prompt: 'x' }), 'veo3/reference-to-video'],
    ['an empty list of references', 'images', () => ({ prompt: 'x', images: [] }), 'veo3/reference-to-video'],
    [
      'four references',
      'images',
      () => ({ prompt: 'x', images: Array(4).fill(image) }),
      'veo3/reference-to-video',
    ],
    [
      'one broken reference',
      'images.1',
      () => ({ prompt: 'x', images: [image, 'x'] }),
      'veo3/reference-to-video',
    ],
    ['references with an image', 'image', withImage({ images: ['x'] }), 'veo3/reference-to-video'],
    ['images for image-to-video', 'images', withImage({ images: [''] })],
    ['images on a pro model', 'images', withImage({ images: [''] }), 'veo3-pro/image-to-video'],
  ];

  // Padded to four: Jest hands a test that wants more than its row a `done`.
  const padded = rows.map(
    ([what, names, body, path = 'veo3.1-fast/image-to-video']) => [what, names, body, path] as const,
  );
  test.each(padded)('%s: %s', async (_what, names, body, path) => {
    const before = gateway.ledger();
    const answer = await submit(gateway, body(), { path });
    expect(answer).toMatchObject({ status: 400, code: 400, data: null });
    expect(answer.message.startsWith(`${names}: `)).toBe(true);
    const after = gateway.ledger();
    expect(after.tasks.length).toBe(before.tasks.length);
    expect(after.submits).toBe(before.submits + 1);
    expect(after.submitLog.at(-1)).toMatchObject({ status: 400, message: answer.message });
  });

  test('a body that is not declared as JSON', async () => {
    const headers = { 'content-type': 'text/plain' };
    const answer = await submit(gateway, { prompt: 'x', image }, { headers });
    expect(answer.status).toBe(400);
    expect(answer.message).toContain('Content-Type');
  });

  test('a body above 20 MB', async () => {
    expect((await submit(gateway, { prompt: 'x'.repeat(21 * 1024 * 1024), image })).status).toBe(413);
  });

  test('the URL of the picture is never repeated: presigned URLs are secrets', async () => {
    const answer = await submit(gateway, {
      prompt: 'x',
      image: `${pictures.url}/none.jpg?X-Amz-Signature=secret`,
    });
    expect(answer.message).not.toContain('secret');
    await accept(gateway, { prompt: 'x', image: `${image}` });
    expect(JSON.stringify(gateway.ledger())).not.toContain(pictures.url);
  });
});

describe('the key', () => {
  const bearer = `Bearer ${key}`;
  const rows: ['any' | 'bare' | 'bearer', string, number][] = [
    ['any', key, 200],
    ['any', bearer, 200],
    ['any', 'wrong', 401],
    ['any', `Bearer ${key}x`, 401],
    ['any', '', 401],
    ['bare', key, 200],
    ['bare', bearer, 401],
    ['bearer', bearer, 200],
    ['bearer', key, 401],
  ];
  test.each(rows)('style %s, header "%s": %d', async (authStyle, authorization, status) => {
    const strict = await start({ authStyle, seconds: 60 });
    try {
      const response = await post(
        strict,
        { prompt: 'x' },
        { path: 'veo3/text-to-video', headers: { authorization } },
      );
      expect(response.status).toBe(status);
      expect(strict.ledger().chargedTasks).toBe(status === 200 ? 1 : 0);
    } finally {
      await strict.close();
    }
  });

  test('a poll needs it too', async () => {
    const { id } = await accept(gateway, { prompt: 'A boat', image });
    expect((await askOnce(gateway, id, 'wrong')).status).toBe(401);
  });
});

test('an unknown task is a 404 in the envelope', async () => {
  expect(await ask(gateway, 'nobody')).toMatchObject({ status: 404, code: 404, data: null });
});

test('an unknown path is a 404', async () => {
  expect((await fetch(`${gateway.url}/api/v3/models`)).status).toBe(404);
});

test('limits answer 429 with Retry-After', async () => {
  const small = await start({ seconds: 60, maxInFlight: 1 });
  const slow = await start({ seconds: 0, maxPerMinute: 1 });
  try {
    for (const limited of [small, slow]) {
      const path = 'veo3/text-to-video';
      await accept(limited, { prompt: 'first [[fault:failed]]' }, { path });
      const second = await submit(limited, { prompt: 'second' }, { path });
      expect(second.status).toBe(429);
      expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  } finally {
    await Promise.all([small.close(), slow.close()]);
  }
});
