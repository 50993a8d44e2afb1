import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { APIError, toFile } from 'openai';
import type { RunningGateway } from '../../simulator/server.ts';
import { key, picture, repeat, start, watch } from '../../test/integration/simulator/support.ts';

// The gateway must not be a mirror of our own reading: here the makers' clients speak to it, told nothing but an address
// and a key. @google/genai stays at 2.27: in 3.1 generateVideos is for Vertex alone, and 2.29 looks for undici's dispatcher
// on globalThis, where Jest's sandbox has none.

jest.setTimeout(120_000);

describe('@google/genai', () => {
  let gateway: RunningGateway;
  let google: GoogleGenAI;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'startframe-clients-'));
    // The client takes the file's name out of an address only when that is https; it never calls the address itself.
    gateway = await start({ publicUrl: 'https://gateway.example' });
    google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: gateway.url } });
  }, 300_000);
  afterAll(async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const frame = { imageBytes: picture.toString('base64'), mimeType: 'image/jpeg' };
  const generate = (prompt: string, config = {}, source = {}) =>
    google.models.generateVideos({
      model: 'veo-3.1-fast-generate-preview',
      source: { prompt, image: frame, ...source },
      config,
    });
  const finished = async (prompt: string, config = {}, source = {}) => {
    const operation = await generate(prompt, config, source);
    return repeat(
      () => google.operations.getVideosOperation({ operation }),
      (answer) => answer.done === true,
    );
  };
  const save = async (file: Parameters<typeof google.files.download>[0]['file']) => {
    const downloadPath = join(folder, 'video.mp4');
    await google.files.download({ file, downloadPath });
    return readFile(downloadPath);
  };

  test('generates from an image, polls, downloads', async () => {
    const config = { aspectRatio: '16:9', resolution: '720p', durationSeconds: 8, numberOfVideos: 2 };
    const operation = await generate('A boat', config);
    expect(operation.done).toBeFalsy();
    const { response } = await finished('A boat', config);
    expect(response?.generatedVideos).toHaveLength(2);
    for (const video of response?.generatedVideos ?? []) {
      expect(await watch(await save(video))).toMatchObject({ size: '1280x720', seconds: 8 });
    }
    expect(gateway.ledger().tasks[0]).toMatchObject({
      scene: 'image-to-video',
      parameters: { sampleCount: 2, durationSeconds: 8 },
    });
  });

  test('generates from a text alone, and extends what came out', async () => {
    const config = {
      durationSeconds: 4,
      aspectRatio: '9:16',
      personGeneration: 'allow_all',
      negativePrompt: 'rain',
    };
    const [text] = (await finished('A boat', config, { image: undefined })).response?.generatedVideos ?? [];
    expect(await watch(await save(text ?? ''))).toMatchObject({ size: '720x1280', seconds: 4 });
    expect(gateway.ledger().tasks.at(-1)).toMatchObject({
      scene: 'text-to-video',
      parameters: { durationSeconds: 4, personGeneration: 'allow_all', negativePrompt: 'rain' },
    });

    const further = { image: undefined, video: text?.video };
    const portrait = { aspectRatio: '9:16' };
    const [longer] = (await finished('It sails on', portrait, further)).response?.generatedVideos ?? [];
    expect(await watch(await save(longer ?? ''))).toMatchObject({ size: '720x1280', seconds: 11 });
    expect(gateway.ledger().tasks.at(-1)).toMatchObject({ scene: 'video-to-video', chargedMicros: 700_000 });
  });

  test('generates from a first and a last frame, and from references', async () => {
    const config = { lastFrame: frame, personGeneration: 'allow_adult', enhancePrompt: true };
    const [between] = (await finished('A boat', config)).response?.generatedVideos ?? [];
    expect(await watch(await save(between ?? ''))).toMatchObject({ seconds: 8 });
    const referenceImages = [1, 2, 3].map(() => ({ image: frame, referenceType: 'ASSET' }));
    const [alike] =
      (await finished('A boat', { referenceImages }, { image: undefined })).response?.generatedVideos ?? [];
    expect(await watch(await save(alike ?? ''))).toMatchObject({ seconds: 8 });
    const sha256 = expect.any(String);
    expect(gateway.ledger().tasks.slice(-2)).toMatchObject([
      { scene: 'image-to-video', frameSha256: [sha256, sha256] },
      { scene: 'reference-to-video', frameSha256: [sha256, sha256, sha256] },
    ]);
  });

  test('has an error for a video that is none, or that comes in the body', async () => {
    const extend = (video: object) => generate('x', {}, { image: undefined, video });
    const page = { uri: `${gateway.url}/_gateway/frame.jpg`, mimeType: 'video/mp4' };
    await expect(extend(page)).rejects.toThrow('video.uri: is no MP4 video');
    const inBody = { videoBytes: frame.imageBytes, mimeType: 'video/mp4' };
    await expect(extend(inBody)).rejects.toMatchObject({ status: 400 });
  });

  test('reads bytes in the answer', async () => {
    const { response } = await finished('A boat [[fault:encoded-video]]');
    const [video] = response?.generatedVideos ?? [];
    expect((await save(video ?? '')).toString('latin1', 4, 8)).toBe('ftyp');
  });

  test('sees what was filtered, and what failed', async () => {
    const filtered = await finished('A boat [[fault:filtered]]');
    expect(filtered.response?.generatedVideos).toBeUndefined();
    expect(filtered.response).toMatchObject({
      raiMediaFilteredCount: 1,
      raiMediaFilteredReasons: [expect.stringContaining('safety')],
    });
    const failed = await finished('A boat [[fault:failed(out of memory)]]');
    expect(failed).toMatchObject({ error: { code: 13, message: 'out of memory' } });
  });

  test('has an error with the status of the refusal', async () => {
    await expect(generate('A boat', { durationSeconds: 5 })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('durationSeconds'),
    });
    await expect(generate('A boat [[fault:429]]')).rejects.toMatchObject({
      status: 429,
      message: expect.stringContaining('RetryInfo'),
    });
  });

  test('takes the key along to another origin: the ledger sees it', async () => {
    const { response } = await finished('A boat [[fault:redirect-origin]]');
    const [video] = response?.generatedVideos ?? [];
    await save(video ?? '');
    expect(gateway.ledger().foreignRequests.map(({ hadKey }) => hadKey)).toEqual([true]);
  });
});

describe('openai', () => {
  let gateway: RunningGateway;
  let openai: OpenAI;

  beforeAll(async () => {
    gateway = await start();
    openai = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  }, 300_000);
  afterAll(() => gateway.close());

  const create = async (prompt: string, more = {}) =>
    openai.videos.create({
      model: 'veo-3.1-fast-generate-preview',
      prompt,
      seconds: '8',
      size: '1280x720',
      input_reference: await toFile(picture, 'frame.jpg', { type: 'image/jpeg' }),
      ...more,
    });
  const finished = async (prompt: string) => {
    const { id } = await create(prompt);
    return repeat(
      () => openai.videos.retrieve(id),
      ({ status }) => status === 'completed' || status === 'failed',
    );
  };

  test('creates with a reference, retrieves, downloads', async () => {
    expect(await create('A boat')).toMatchObject({ object: 'video', status: 'queued', progress: 0 });
    const video = await finished('A boat');
    expect(video).toMatchObject({ object: 'video', status: 'completed', progress: 100, error: null });
    const response = await openai.videos.downloadContent(video.id);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size: '1280x720', seconds: 8 });
    expect(gateway.ledger().tasks[0]).toMatchObject({ scene: 'image-to-video', ignoredFields: [] });
    expect(gateway.ledger().tasks[0]?.frameSha256).toHaveLength(1);
  });

  test('creates from a text alone, retrieves, downloads', async () => {
    const { id } = await create('A boat', { input_reference: undefined, seconds: '4', size: '720x1280' });
    await repeat(
      () => openai.videos.retrieve(id),
      ({ status }) => status === 'completed',
    );
    const bytes = Buffer.from(await (await openai.videos.downloadContent(id)).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size: '720x1280', seconds: 4 });
    expect(gateway.ledger().tasks.at(-1)).toMatchObject({
      scene: 'text-to-video',
      parameters: { seconds: '4', size: '720x1280' },
      ignoredFields: [],
      chargedMicros: 400_000,
    });
  });

  test('deletes what is not over, which cancels it; what is over stays', async () => {
    const { id } = await create('A boat [[fault:late(20s)]]');
    expect(await openai.videos.delete(id)).toEqual({ id, object: 'video.deleted', deleted: true });
    expect(gateway.ledger().tasks.at(-1)).toMatchObject({ status: 'cancelled', chargedMicros: 0 });
    const finishedOne = await finished('A boat');
    await expect(openai.videos.delete(finishedOne.id)).rejects.toMatchObject({ status: 409 });
    expect((await openai.videos.downloadContent(finishedOne.id)).status).toBe(200);
  });

  test('sees a failure and its reason', async () => {
    expect(await finished('A boat [[fault:failed(out of memory)]]')).toMatchObject({
      status: 'failed',
      error: { message: 'out of memory' },
    });
  });

  test('is told completed, and finds no bytes', async () => {
    const { id, status } = await finished('A boat [[fault:filtered]]');
    expect(status).toBe('completed');
    await expect(openai.videos.downloadContent(id)).rejects.toMatchObject({ status: 502 });
  });

  test.each([
    [{ size: '1024x1792' }, 400],
    [{ model: 'sora-2' }, 503],
  ])('%j is an error of %d', async (more, status) => {
    const error = await create('A boat', more).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status });
  });

  test('encodes an id that needs it', async () => {
    const { id } = await finished('A boat [[fault:odd-id]]');
    expect(id).toMatch(/\/\+=$/);
    expect((await openai.videos.downloadContent(id)).status).toBe(200);
  });
});
