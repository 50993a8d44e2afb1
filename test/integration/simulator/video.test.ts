import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningGateway } from '../../../simulator/server.ts';
import {
  accept,
  ask,
  download,
  outputOf,
  type PictureServer,
  realFfmpeg,
  start,
  startPictures,
  until,
  watch,
} from './support.ts';

jest.setTimeout(120_000);

let gateway: RunningGateway;
let pictures: PictureServer;
let image: string;
/** The video of one task with the example frame; rendered once for all tests that need just a video. */
let url: string;

beforeAll(async () => {
  pictures = await startPictures();
  image = `${pictures.url}/frame.jpg`;
  gateway = await start();
  url = await outputOf(gateway, (await accept(gateway, { prompt: 'A boat', image })).id);
}, 300_000);
afterAll(async () => {
  await gateway.close();
  await pictures.close();
});

describe('a finished task', () => {
  test('goes created, processing, completed', async () => {
    const slow = await start({ seconds: 1.5 });
    try {
      const { id, status } = await accept(slow, { prompt: 'A boat [[fault:empty]]', image });
      expect(status).toBe('created');
      await sleep(500);
      expect((await ask(slow, id)).data).toMatchObject({
        status: 'processing',
        outputs: [],
        executionTime: 0,
      });
      expect((await until(slow, id, 'completed')).executionTime).toBe(1500);
    } finally {
      await slow.close();
    }
  });

  test('has a real MP4: whole, 8 s, with sound, its index before its pictures', async () => {
    const film = await watch(await download(url));
    expect(film).toMatchObject({ size: '1280x720', seconds: 8 });
    expect(film.boxes.slice(0, 2)).toEqual(['ftyp', 'moov']);
    expect(film.boxes).toContain('mdat');
    expect(film.streams).toMatch(/Video: h264.*yuv420p\(tv.*24 fps/);
    expect(film.streams).toMatch(/Audio: aac/);
  });

  test('stays processing while the render is late', async () => {
    const rendering = await start({ ffmpeg: await realFfmpeg() });
    try {
      const order = { prompt: 'A boat', image, aspect_ratio: '9:16', last_image: image };
      const { id } = await accept(rendering, order);
      await sleep(250);
      expect((await ask(rendering, id)).data?.status).toBe('processing');
    } finally {
      await rendering.close();
    }
  });

  test('fails, and is not charged, when the picture cannot be filmed', async () => {
    const { id } = await accept(gateway, { prompt: 'A boat', image: `${pictures.url}/half.jpg` });
    const data = await until(gateway, id, 'failed');
    expect(data.error).toContain('could not be rendered');
    expect(gateway.ledger().tasks.find((task) => task.id === id)?.charged).toBe(false);
  });
});

test.each([
  ['9:16', undefined, '720x1280'],
  ['16:9', '1080p', '1920x1080'],
  ['9:16', '4k', '2160x3840'],
])('%s at %s is %s', async (aspect_ratio, resolution, size) => {
  const { id } = await accept(gateway, { prompt: 'A boat', image, aspect_ratio, resolution });
  expect(await watch(await download(await outputOf(gateway, id)))).toMatchObject({ size, seconds: 8 });
});

test.each([
  ['text-to-video', () => ({})],
  ['reference-to-video', () => ({ images: [image, image] })],
  ['image-to-video', () => ({ image, last_image: image })],
])('%s makes a video', async (scene, more) => {
  const { id } = await accept(gateway, { prompt: 'A boat', ...more() }, { path: `veo3/${scene}` });
  expect(await watch(await download(await outputOf(gateway, id)))).toMatchObject({
    size: '1280x720',
    seconds: 8,
  });
});

test('a hundred tasks with one frame cost one render, and give the same bytes', async () => {
  const before = gateway.ledger().renders;
  const tasks = await Promise.all(
    Array.from({ length: 100 }, (_, index) => accept(gateway, { prompt: `Boat ${index}`, image })),
  );
  const urls = await Promise.all(tasks.map(({ id }) => outputOf(gateway, id)));
  expect(new Set(urls).size).toBe(100);
  expect((await download(urls[99] ?? '')).equals(await download(url))).toBe(true);
  expect(gateway.ledger().renders).toBe(before);
});

test('a synchronous submit answers with the video', async () => {
  const { outputs } = await accept(gateway, { prompt: 'A boat', image, enable_sync_mode: true });
  expect(outputs).toHaveLength(1);
});

describe('the URL of a video', () => {
  test('is public and declares type and length', async () => {
    const response = await fetch(url);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-type')).toBe('video/mp4');
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
  });

  test('answers HEAD without a body', async () => {
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100_000);
    expect(await response.text()).toBe('');
  });

  test.each([
    ['bytes=4-7', 'ftyp'],
    ['bytes=4-7,9-10', undefined],
  ])('answers %s', async (range, text) => {
    const response = await fetch(url, { headers: { range } });
    const body = Buffer.from(await response.arrayBuffer());
    expect(response.status).toBe(text ? 206 : 200);
    if (text) expect(body.toString('latin1')).toBe(text);
  });

  test('answers the end of the file, and refuses a range past it', async () => {
    const whole = await download(url);
    const tail = await fetch(url, { headers: { range: 'bytes=-10' } });
    expect(tail.headers.get('content-range')).toBe(
      `bytes ${whole.length - 10}-${whole.length - 1}/${whole.length}`,
    );
    expect(Buffer.from(await tail.arrayBuffer()).equals(whole.subarray(-10))).toBe(true);
    const past = await fetch(url, { headers: { range: `bytes=${whole.length}-` } });
    expect(past.status).toBe(416);
  });

  test('cannot be guessed, and expires', async () => {
    expect((await fetch(url.replace(/files\/.{4}/, 'files/aaaa'))).status).toBe(404);
    const brief = await start({ filesTtlSeconds: 0.5 });
    try {
      const { id } = await accept(brief, { prompt: 'x' }, { path: 'veo3/text-to-video' });
      const output = await outputOf(brief, id);
      expect((await fetch(output)).status).toBe(200);
      await sleep(700);
      expect((await fetch(output)).status).toBe(404);
    } finally {
      await brief.close();
    }
  });
});

test('close ends a render at work and leaves no file behind', async () => {
  const folders = () =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`startframe-gateway-${process.pid}-`));
  const before = new Set(folders());
  const busy = await start({ ffmpeg: await realFfmpeg() });
  await accept(busy, { prompt: 'x', image, resolution: '4k' });
  await sleep(300);
  const [mine] = folders().filter((name) => !before.has(name));
  const startedAt = Date.now();
  await Promise.all([busy.close(), busy.close()]);
  expect(Date.now() - startedAt).toBeLessThan(2000);
  expect(mine).toBeDefined();
  expect(existsSync(`${tmpdir()}/${mine}`)).toBe(false);
});
