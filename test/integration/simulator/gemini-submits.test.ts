import type { GatewayOptions } from '../../../simulator/server.ts';
import { gateway, pictures, setUpGateway } from './gateway-builder.ts';
import {
  accept,
  ask,
  bodyOf,
  done,
  ErrorBody,
  image,
  model,
  post,
  reference,
  urisOf,
  withKey,
} from './gemini-builder.ts';
import { download, key, postJson, start } from './support.ts';

setUpGateway();

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
