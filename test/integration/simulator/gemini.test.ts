import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { faultRows } from '../../../simulator/faults/faults.ts';
import type { GatewayOptions, RunningGateway } from '../../../simulator/server.ts';
import {
  download,
  key,
  type PictureServer,
  picture,
  postJson,
  repeat,
  start,
  startFiles,
  startPictures,
  watch,
} from './support.ts';

jest.setTimeout(120_000);

const model = 'veo-3.1-fast-generate-preview';
const image = { mimeType: 'image/jpeg', bytesBase64Encoded: picture.toString('base64') };
const reference = { image, referenceType: 'asset' };
const withKey = { 'x-goog-api-key': key };

let gateway: RunningGateway;
let pictures: PictureServer;
const tried = new Set<string>();

beforeAll(async () => {
  pictures = await startPictures();
  gateway = await start();
}, 300_000);
beforeEach(async () => {
  await fetch(`${gateway.url}/_gateway/ledger`, { method: 'DELETE' });
});
afterAll(async () => {
  await gateway.close();
  await pictures.close();
});

const Operation = z.object({
  name: z.string(),
  done: z.boolean().optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
  response: z.record(z.string(), z.unknown()).optional(),
});
type Operation = z.infer<typeof Operation>;
const Samples = z.object({
  generateVideoResponse: z.object({
    generatedSamples: z.array(z.object({ video: z.object({ uri: z.string() }) })),
  }),
});
const ErrorBody = z.object({
  error: z.strictObject({
    code: z.number(),
    message: z.string(),
    status: z.string(),
    details: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
});

interface Body {
  instance?: Record<string, unknown>;
  parameters?: Record<string, unknown>;
}
const bodyOf = ({ instance, parameters }: Body) => ({
  instances: [{ prompt: 'A boat', ...instance }],
  ...(parameters ? { parameters } : {}),
});

const post = (body: unknown, { name = model, on = gateway, headers = withKey } = {}) =>
  postJson(`${on.url}/v1beta/models/${name}:predictLongRunning`, body, headers);

async function accept(body: Body, options?: Parameters<typeof post>[1]): Promise<Operation> {
  const response = await post(bodyOf(body), options);
  if (response.status !== 200) throw new Error(`not accepted: ${await response.text()}`);
  return Operation.parse(await response.json());
}

const ask = (name: string, on = gateway) => fetch(`${on.url}/v1beta/${name}`, { headers: withKey });
const done = (name: string) =>
  repeat(
    async () => Operation.parse(await (await ask(name)).json()),
    (operation) => operation.done === true,
  );
const urisOf = ({ response }: Operation) =>
  Samples.parse(response).generateVideoResponse.generatedSamples.map(({ video }) => video.uri);

/** Requests a variant in the prompt and records it: by the end every variant of this dialect must have been tried. */
const promptWith = (...faults: string[]) => {
  for (const fault of faults) tried.add(fault.replace(/\(.*/s, ''));
  return `A boat ${faults.map((fault) => `[[fault:${fault}]]`).join(' ')}`;
};
const operationWith = async (fault: string, parameters?: Record<string, unknown>) => {
  const body = { instance: { prompt: promptWith(fault) }, ...(parameters ? { parameters } : {}) };
  return done((await accept(body)).name);
};

describe('an accepted submit', () => {
  test('answers the name of the operation, which is running, then done with a sample', async () => {
    const operation = await accept({ instance: { image }, parameters: { aspectRatio: '16:9' } });
    expect(operation).toEqual({
      name: expect.stringMatching(/^models\/veo-3.1-fast-generate-preview\/operations\/\w+$/),
    });
    expect(await (await ask(operation.name)).json()).toEqual({ name: operation.name });
    const finished = await done(operation.name);
    expect(urisOf(finished)).toEqual([
      expect.stringMatching(/^http:\/\/127.0.0.1:\d+\/v1beta\/files\/[a-z0-9]+:download\?alt=media$/),
    ]);
    const [task] = gateway.ledger().tasks;
    expect(task).toMatchObject({
      dialect: 'gemini',
      model,
      scene: 'image-to-video',
      priceMicros: 800_000,
      parameters: { aspectRatio: '16:9', resolution: '720p', durationSeconds: 8 },
    });
    expect(task?.frameSha256).toHaveLength(1);
  });

  test.each([
    'veo-3.1-generate-preview',
    'veo-3.1-fast-generate-preview',
    'veo-3.1-generate-001',
    'veo-3.1-fast-generate-001',
    'veo-3.1-lite-generate-001',
  ])('%s is a model', async (name) => {
    expect((await accept({ instance: { prompt: 'x [[fault:empty]]' } }, { name })).name).toContain(name);
  });

  test('a picture may come as a URL, and a last frame with it', async () => {
    const uri = `${pictures.url}/frame.jpg`;
    await accept({ instance: { prompt: 'x [[fault:empty]]', image: { uri }, lastFrame: image } });
    expect(gateway.ledger().tasks[0]?.frameSha256).toHaveLength(2);
    expect(JSON.stringify(gateway.ledger())).not.toContain(pictures.url);
  });

  test('references make the scene reference-to-video', async () => {
    await accept({ instance: { prompt: 'x [[fault:empty]]', referenceImages: [reference, reference] } });
    expect(gateway.ledger().tasks[0]).toMatchObject({ scene: 'reference-to-video' });
  });
});

describe('a refused submit says what is wrong in the words of Google, and is free', () => {
  const rows: [what: string, names: string, instance: object, parameters?: object][] = [
    ['no prompt', 'instances.0.prompt', { prompt: undefined }],
    ['an empty prompt', 'instances.0.prompt', { prompt: ' ' }],
    ['inlineData', 'instances.0.image.inlineData', { image: { inlineData: { data: 'x' } } }],
    ['a picture without bytes', 'instances.0.image', { image: { mimeType: 'image/png' } }],
    ['bytes and an address', 'instances.0.image', { image: { ...image, uri: 'http://127.0.0.1:9/' } }],
    ['bytes of no type', 'instances.0.image.mimeType', { image: { ...image, mimeType: undefined } }],
    ['bytes of another type', 'instances.0.image.mimeType', { image: { ...image, mimeType: 'image/gif' } }],
    [
      'a data URI',
      'instances.0.image.bytesBase64Encoded',
      { image: { ...image, bytesBase64Encoded: `data:image/jpeg;base64,${image.bytesBase64Encoded}` } },
    ],
    [
      'bytes that are no picture',
      'instances.0.image.bytesBase64Encoded',
      { image: { ...image, bytesBase64Encoded: 'AAAA' } },
    ],
    ['an address of Cloud Storage', 'instances.0.image.uri', { image: { uri: 'gs://bucket/frame.png' } }],
    ['a last frame alone', 'instances.0.lastFrame', { lastFrame: image }],
    ['four references', 'instances.0.referenceImages', { referenceImages: Array(4).fill(reference) }],
    ['references with an image', 'instances.0.referenceImages', { referenceImages: [reference], image }],
    [
      'references with a last frame',
      'instances.0.lastFrame',
      { referenceImages: [reference], lastFrame: image },
    ],
    [
      'references of 4 s',
      'parameters.durationSeconds',
      { referenceImages: [reference] },
      { durationSeconds: 4 },
    ],
    [
      'a style reference',
      'instances.0.referenceImages.0.referenceType',
      { referenceImages: [{ image, referenceType: 'style' }] },
    ],
    ['no reference', 'instances.0.referenceImages', { referenceImages: [] }],
    [
      'anyone with a reference',
      'parameters.personGeneration',
      { referenceImages: [reference] },
      { personGeneration: 'allow_all' },
    ],
    ['a video with an image', 'instances.0.video', { video: { uri: 'http://127.0.0.1:9/' }, image }],
    ['a video that is not there', 'instances.0.video.uri', { video: { uri: 'http://127.0.0.1:9/' } }],
    [
      'a video with references',
      'instances.0.referenceImages',
      { video: { uri: 'gs://a/b' }, referenceImages: [reference] },
    ],
    ['a video in 1080p', 'parameters.resolution', { video: { uri: 'gs://a/b' } }, { resolution: '1080p' }],
    ['a video of 6 s', 'parameters.durationSeconds', { video: { uri: 'gs://a/b' } }, { durationSeconds: 6 }],
    ['a video of no bucket', 'instances.0.video.uri', { video: { uri: 'gs://a' } }],
    ['a video as data', 'instances.0.video.uri', { video: { uri: 'data:video/mp4;base64,AAAA' } }],
    ['a video in the body', 'instances.0.video.uri', { video: { encodedVideo: 'AAAA' } }],
    ['a video without its prompt', 'instances.0.prompt', { prompt: undefined, video: { uri: 'gs://a/b' } }],
    ['an unknown field', 'instances.0.negative', { negative: 'rain' }],
    ['the aspect ratio of seed 003', 'parameters.aspectRatio', {}, { aspectRatio: '1:1' }],
    ['an unknown resolution', 'parameters.resolution', {}, { resolution: '480p' }],
    ['5 s', 'parameters.durationSeconds', {}, { durationSeconds: 5 }],
    ['1080p of 6 s', 'parameters.durationSeconds', {}, { resolution: '1080p', durationSeconds: 6 }],
    ['4k of 4 s', 'parameters.durationSeconds', {}, { resolution: '4k', durationSeconds: '4' }],
    [
      'a last frame at 6 s',
      'parameters.durationSeconds',
      { image, lastFrame: image },
      { durationSeconds: 6 },
    ],
    ['a person of seed 003', 'parameters.personGeneration', {}, { personGeneration: 'dont_allow' }],
    ['anyone with an image', 'parameters.personGeneration', { image }, { personGeneration: 'allow_all' }],
    ['a flag as text', 'parameters.enhancePrompt', {}, { enhancePrompt: 'true' }],
    ['no sample', 'parameters.sampleCount', {}, { sampleCount: 0 }],
    ['five samples', 'parameters.sampleCount', {}, { sampleCount: 5 }],
    ['a parameter of Vertex', 'parameters.generateAudio', {}, { generateAudio: true }],
  ];
  const padded = rows.map(
    ([what, names, instance, parameters = {}]) => [what, names, instance, parameters] as const,
  );

  test.each(padded)('%s: %s', async (_what, names, instance, parameters) => {
    const response = await post({ instances: [{ prompt: 'A boat', ...instance }], parameters });
    const { error } = ErrorBody.parse(await response.json());
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(error.message.startsWith(`${names}: `)).toBe(true);
    expect(response.status).toBe(400);
    expect(gateway.ledger()).toMatchObject({ tasks: [], chargedMicros: 0, submits: 1 });
  });

  test.each([
    ['a page', '/page'],
    ['a picture', '/frame.jpg'],
    ['nothing', '/none.mp4'],
  ])('a video that is %s', async (_what, path) => {
    const response = await post(bodyOf({ instance: { video: { uri: pictures.url + path } } }));
    const { error } = ErrorBody.parse(await response.json());
    expect(error.message.startsWith('instances.0.video.uri: ')).toBe(true);
    expect(error.message).not.toContain(pictures.url);
    expect(gateway.ledger()).toMatchObject({ tasks: [], chargedMicros: 0 });
  });

  test.each([
    ['no instance', { instances: [] }],
    ['two instances', { instances: [{ prompt: 'x' }, { prompt: 'y' }] }],
    ['a field of another API', { instances: [{ prompt: 'x' }], prompt: 'x' }],
    ['half a body', '{"instances":'],
  ])('%s', async (_what, body) => {
    expect((await post(body)).status).toBe(400);
  });

  test.each([
    [{ resolution: '4k' }, {}],
    [{}, { referenceImages: [reference] }],
  ])('lite has neither 4k nor references: %j', async (parameters, instance) => {
    const response = await post(bodyOf({ instance, parameters }), { name: 'veo-3.1-lite-generate-001' });
    expect(response.status).toBe(400);
  });

  test('an unknown model is not found', async () => {
    const response = await post(bodyOf({}), { name: 'veo-9' });
    const { error } = ErrorBody.parse(await response.json());
    expect(error).toMatchObject({ code: 404, status: 'NOT_FOUND' });
    expect(error.message).toContain('models/veo-9 is not found');
  });

  test('a body above 20 MB is an invalid argument', async () => {
    const response = await post(bodyOf({ instance: { prompt: 'x'.repeat(21 * 1024 * 1024) } }));
    const { error } = ErrorBody.parse(await response.json());
    expect(error).toMatchObject({ code: 400, message: expect.stringContaining('payload size') });
  });
});

describe('an extension', () => {
  const extend = async (uri: string) => {
    await accept({ instance: { prompt: 'x [[fault:wrong-length(1s)]]', video: { uri } } });
    return gateway.ledger().tasks.at(-1);
  };
  /** The header of a film of this many seconds. The gateway reads no more before it extends it. */
  const headerOf = (seconds: number, version: 0 | 1 = 0) => {
    const box = Buffer.alloc(64);
    box.write('ftyp', 4, 'latin1');
    box.write('mvhd', 12, 'latin1');
    box.writeUInt8(version, 16);
    if (version === 0) box.writeUInt32BE(90_000, 28);
    else box.writeUInt32BE(90_000, 36);
    if (version === 0) box.writeUInt32BE(90_000 * seconds, 32);
    else box.writeBigUInt64BE(BigInt(90_000 * seconds), 40);
    return box;
  };

  test('of one of its own videos downloads nothing, and adds 7 s', async () => {
    const { name } = await accept({ instance: { prompt: 'x' }, parameters: { durationSeconds: 4 } });
    const [uri = ''] = urisOf(await done(name));
    const longer = await accept({ instance: { video: { uri } } });
    const [longerUri = ''] = urisOf(await done(longer.name));
    expect(gateway.ledger().downloads).toBe(0);
    const bytes = Buffer.from(await (await fetch(longerUri, { headers: withKey })).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size: '1280x720', seconds: 11 });
    expect(gateway.ledger().tasks.at(-1)).toMatchObject({
      scene: 'video-to-video',
      samplePriceMicros: 700_000,
      frameSha256: [],
    });
    const gone = uri.replace(/files\/.{4}/, 'files/0000');
    expect((await post(bodyOf({ instance: { video: { uri: gone } } }))).status).toBe(400);
  });

  test('of Cloud Storage counts as 8 s', async () => {
    const { name } = await accept({ instance: { prompt: 'x', video: { uri: 'gs://bucket/film.mp4' } } });
    const [uri = ''] = urisOf(await done(name));
    const bytes = Buffer.from(await (await fetch(uri, { headers: withKey })).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ seconds: 15 });
  });

  test('ends at 148 s, in both forms of the header', async () => {
    const files = await startFiles({
      '/141': headerOf(141),
      '/142': headerOf(142),
      '/141-long': headerOf(141, 1),
      '/142-long': headerOf(142, 1),
    });
    try {
      for (const form of ['', '-long']) {
        expect(await extend(`${files.url}/141${form}`)).toMatchObject({ scene: 'video-to-video' });
        const tooLong = await post(bodyOf({ instance: { video: { uri: `${files.url}/142${form}` } } }));
        expect(await tooLong.text()).toContain('is longer than 141 s');
      }
    } finally {
      await files.close();
    }
  });

  test.each([
    ['fragmented.mp4', 200],
    ['moov-last.mp4', 200],
    ['quicktime.mov', 400],
  ])('of %s: %d', async (name, status) => {
    const file = await readFile(join(import.meta.dirname, '../../fixtures/video', name));
    const files = await startFiles({ '/film': file });
    try {
      const prompt = 'x [[fault:empty]]';
      const response = await post(bodyOf({ instance: { prompt, video: { uri: `${files.url}/film` } } }));
      expect(response.status).toBe(status);
    } finally {
      await files.close();
    }
  });

  test('of what only looks like a film fails, and is refunded', async () => {
    const files = await startFiles({ '/film.mp4': headerOf(2) });
    try {
      const { name } = await accept({ instance: { video: { uri: `${files.url}/film.mp4` } } });
      expect((await done(name)).error?.message).toContain('could not be rendered');
      expect(gateway.ledger().chargedMicros).toBe(0);
    } finally {
      await files.close();
    }
  });
});

test('parameters of other models are taken and shown, unknown ones refused', async () => {
  const others = { audio_type: 'Speech', is_rec: true, off_peak: false, enable_sync_mode: true };
  await accept({ instance: { prompt: 'x [[fault:empty]]' }, parameters: { ...others, sampleCount: 2 } });
  expect(gateway.ledger().tasks[0]).toMatchObject({ passedThrough: others, samples: 2 });
  expect(gateway.ledger().tasks[0]?.parameters).not.toHaveProperty('audio_type');
  expect((await post(bodyOf({ parameters: { audioType: 'Speech' } }))).status).toBe(400);
});

test.each([
  [{ personGeneration: 'allow_all' }, {}],
  [{ personGeneration: 'allow_adult' }, { image }],
  [{ personGeneration: 'allow_adult', negativePrompt: 'rain', enhancePrompt: false }, {}],
])('%j is taken', async (parameters, instance) => {
  await accept({ instance: { prompt: 'x [[fault:empty]]', ...instance }, parameters });
  expect(gateway.ledger().tasks[0]?.parameters).toMatchObject(parameters);
});

describe('durationSeconds', () => {
  const rows: [GatewayOptions['geminiDuration'], number | string | undefined, number][] = [
    ['any', 6, 200],
    ['any', '6', 200],
    ['number', 6, 200],
    ['number', '6', 400],
    ['number', undefined, 200],
    ['string', '6', 200],
    ['string', 6, 400],
    ['string', undefined, 200],
  ];
  test.each(rows)('as %s, %j: %d', async (geminiDuration, durationSeconds, status) => {
    const strict = await start({ geminiDuration, seconds: 60 });
    try {
      const parameters = durationSeconds === undefined ? {} : { durationSeconds };
      const body = bodyOf({ instance: { prompt: 'x [[fault:empty]]' }, parameters });
      expect((await post(body, { on: strict })).status).toBe(status);
    } finally {
      await strict.close();
    }
  });
});

describe('the key', () => {
  test.each([
    ['is wanted in its header', withKey, '', 200],
    ['is wrong', { 'x-goog-api-key': 'wrong' }, '', 401],
    ['is not taken from Authorization', { authorization: `Bearer ${key}` }, '', 401],
    ['is not taken from the address', {}, `?key=${key}`, 401],
  ])('%s', async (_what, headers, query, status) => {
    const url = `${gateway.url}/v1beta/models/${model}:predictLongRunning${query}`;
    const response = await postJson(url, bodyOf({ instance: { prompt: 'x [[fault:empty]]' } }), headers);
    expect(response.status).toBe(status);
    if (status === 401) {
      expect(ErrorBody.parse(await response.json()).error.status).toBe('UNAUTHENTICATED');
    }
  });

  test('is needed by polls and downloads too, and goes no further than the redirect', async () => {
    const { name } = await accept({ instance: { image } });
    expect((await fetch(`${gateway.url}/v1beta/${name}`)).status).toBe(401);
    const [uri = ''] = urisOf(await done(name));
    expect((await fetch(uri)).status).toBe(401);
    const response = await fetch(uri, { headers: withKey, redirect: 'manual' });
    expect(response.status).toBe(302);
    const location = new URL(response.headers.get('location') ?? '', uri).href;
    expect(location).toMatch(/\/files\/[\w-]+\.mp4$/);
    expect((await download(location)).length).toBeGreaterThan(100_000);
    expect(gateway.ledger().downloads).toBe(1);
  });
});

describe('an operation', () => {
  test('is known by its whole name only, and by this dialect only', async () => {
    const { name } = await accept({ instance: { prompt: 'x [[fault:empty]]' } });
    const id = name.replace(/.*\//, '');
    for (const other of [`models/veo-3.1-generate-preview/operations/${id}`, `${name}0`]) {
      const response = await ask(other);
      expect(response.status).toBe(404);
      expect(ErrorBody.parse(await response.json()).error.status).toBe('NOT_FOUND');
    }
    const elsewhere = await fetch(`${gateway.url}/api/v3/predictions/${id}/result`, {
      headers: { authorization: key },
    });
    expect(elsewhere.status).toBe(404);
  });

  test('with samples has that many URLs, and each is charged', async () => {
    const { name } = await accept({ instance: { image }, parameters: { sampleCount: 3 } });
    const uris = urisOf(await done(name));
    expect(new Set(uris).size).toBe(3);
    for (const uri of uris) expect((await fetch(uri, { headers: withKey })).status).toBe(200);
    const fourth = `${uris[0]}`.replace(/\d:download/, '3:download');
    expect((await fetch(fourth, { headers: withKey })).status).toBe(404);
    expect(gateway.ledger().chargedMicros).toBe(2_400_000);
  });

  test('filtered: done with a count and reasons, no samples, refunded', async () => {
    const { response } = await operationWith('filtered', { sampleCount: 2 });
    expect(response).toEqual({
      '@type': expect.any(String),
      generateVideoResponse: {
        raiMediaFilteredCount: 2,
        raiMediaFilteredReasons: [expect.stringContaining('safety')],
      },
    });
    expect(gateway.ledger().chargedTasks).toBe(0);
  });

  test('failed: done with an error', async () => {
    expect(await operationWith('failed(out of memory)')).toEqual({
      name: expect.any(String),
      done: true,
      error: { code: 13, message: 'out of memory' },
    });
  });

  test('empty: done and nothing, charged', async () => {
    expect(await operationWith('empty')).toEqual({ name: expect.any(String), done: true });
    expect(gateway.ledger().chargedTasks).toBe(1);
  });
});

describe('the videos', () => {
  test.each([
    ['9:16', '720p', 4, '720x1280'],
    ['16:9', '720p', 6, '1280x720'],
    ['16:9', '1080p', 8, '1920x1080'],
  ])('%s at %s of %d s is %s', async (aspectRatio, resolution, durationSeconds, size) => {
    const { name } = await accept({
      instance: { image },
      parameters: { aspectRatio, resolution, durationSeconds },
    });
    const [uri = ''] = urisOf(await done(name));
    const bytes = Buffer.from(await (await fetch(uri, { headers: withKey })).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size, seconds: durationSeconds });
  });

  test('an extension is 7 s longer than its source, which may be one of our own', async () => {
    const source = await done((await accept({ parameters: { durationSeconds: 4 } })).name);
    const { name } = await accept({ instance: { video: { uri: urisOf(source)[0] } } });
    const [uri = ''] = urisOf(await done(name));
    const bytes = Buffer.from(await (await fetch(uri, { headers: withKey })).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size: '1280x720', seconds: 11 });
    expect(gateway.ledger().tasks[1]).toMatchObject({ scene: 'video-to-video', priceMicros: 700_000 });
  });
});

describe('the other forms of a success', () => {
  const video = { video: { uri: expect.stringContaining(':download?alt=media') } };
  test.each([
    ['generated-videos', { generatedVideos: [video] }],
    ['flat-samples', { generatedSamples: [video] }],
    ['sample-object', { generateVideoResponse: { generatedSamples: video } }],
  ])('%s', async (fault, form) => {
    const { response } = await operationWith(fault);
    expect(response).toEqual({ '@type': expect.any(String), ...form });
  });

  test('encoded-video: the bytes themselves', async () => {
    const { response } = await operationWith('encoded-video');
    const Encoded = z.object({
      generateVideoResponse: z.object({
        generatedSamples: z.tuple([z.object({ video: z.object({ encodedVideo: z.string() }) })]),
      }),
    });
    const [sample] = Encoded.parse(response).generateVideoResponse.generatedSamples;
    const bytes = Buffer.from(sample.video.encodedVideo, 'base64');
    expect(bytes.toString('latin1', 4, 8)).toBe('ftyp');
  });

  test('other-model: the name has another model than the request', async () => {
    const { name } = await operationWith('other-model');
    expect(name).toContain('models/veo-3.1-generate-preview/operations/');
    expect((await ask(name.replace('veo-3.1-generate-preview', model))).status).toBe(404);
  });

  test('partial: one sample fewer, and a count', async () => {
    const { response } = await operationWith('partial', { sampleCount: 2 });
    expect(response).toMatchObject({
      generateVideoResponse: { generatedSamples: [video], raiMediaFilteredCount: 1 },
    });
    expect(gateway.ledger()).toMatchObject({
      tasks: [{ charged: true, samples: 2, priceMicros: 1_600_000, chargedMicros: 800_000 }],
      chargedMicros: 800_000,
    });
  });

  test('all of this dialect were tried, and those of another are refused', async () => {
    const variants = faultRows.filter((row) => row.stage === 'variant' && row.dialect === 'gemini');
    expect(variants.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
    const response = await post(bodyOf({ instance: { prompt: 'x [[fault:shape-1]]' } }));
    expect(response.status).toBe(400);
  });
});

test('status words are in the metadata of an operation, which has no status', async () => {
  const { name } = await accept({
    instance: { prompt: 'x [[fault:words(queued=IN_QUEUE)]] [[fault:late(5s)]]' },
  });
  expect(await (await ask(name)).json()).toEqual({ name, metadata: { state: 'IN_QUEUE' } });
});

test('a cancelled operation has an error, and a hostile URL is in its sample', async () => {
  expect(await operationWith('cancelled')).toMatchObject({ done: true, error: { code: 1 } });
  expect(urisOf(await operationWith('hostile-url'))).toEqual(['http://169.254.169.254/latest/meta-data/']);
});

describe('the faults of the table', () => {
  const submitWith = (fault: string) => post(bodyOf({ instance: { prompt: promptWith(fault) } }));

  test.each([
    ['429(7s)', 429, 'RESOURCE_EXHAUSTED'],
    ['429-day', 429, 'RESOURCE_EXHAUSTED'],
    ['policy-400', 400, 'INVALID_ARGUMENT'],
    ['policy-503', 503, 'UNAVAILABLE'],
    ['balance-402', 402, 'FAILED_PRECONDITION'],
    ['balance-403', 403, 'PERMISSION_DENIED'],
    ['retired-404', 404, 'NOT_FOUND'],
    ['500-before', 500, 'INTERNAL'],
    ['500-after', 500, 'INTERNAL'],
  ])('%s: %d %s', async (fault, code, status) => {
    const response = await submitWith(fault);
    expect(response.status).toBe(code);
    expect(ErrorBody.parse(await response.json()).error).toMatchObject({ code, status });
    expect(gateway.ledger().chargedTasks).toBe(fault === '500-after' ? 1 : 0);
  });

  test('a rate limit has the time to wait in the details, not in a header; a daily quota has none', async () => {
    const moment = await submitWith('429(7s)');
    expect(moment.headers.has('retry-after')).toBe(false);
    expect(ErrorBody.parse(await moment.json()).error.details).toEqual([
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' },
    ]);
    const [detail] = ErrorBody.parse(await (await submitWith('429-day')).json()).error.details ?? [];
    expect(detail).toMatchObject({ '@type': 'type.googleapis.com/google.rpc.QuotaFailure' });
  });

  test('polls: unknown task, errors, failed for a moment, and not done with an unknown word', async () => {
    const prompt = promptWith('poll-404(1)', 'poll-500(1)', 'flap-failed', 'unknown-status(1)');
    const { name } = await accept({ instance: { prompt, image } });
    expect((await ask(name)).status).toBe(404);
    expect((await ask(name)).status).toBe(500);
    expect(await (await ask(name)).json()).toMatchObject({ done: true, error: { code: 13 } });
    expect(await (await ask(name)).json()).toMatchObject({ done: false });
    expect(urisOf(await done(name))).toHaveLength(1);
  });

  test('a lying success has a sample, and 502 where it should be', async () => {
    const [uri = ''] = urisOf(await operationWith('success-lies'));
    expect((await fetch(uri, { headers: withKey })).status).toBe(502);
  });

  test('a redirect to another origin shows which client takes the key along', async () => {
    const [uri = ''] = urisOf(await operationWith('redirect-origin'));
    await (await fetch(uri, { headers: withKey })).arrayBuffer();
    expect(gateway.ledger().foreignRequests.map(({ hadKey }) => hadKey)).toEqual([true]);
  });
});
