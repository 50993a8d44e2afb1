import type { GatewayOptions } from '../../../simulator/server.ts';
import { gateway, pictures, setUpGateway } from './gateway-builder.ts';
import {
  Accepted,
  accept,
  base64,
  bodyOf,
  contentUrl,
  dataUri,
  generations,
  idIn,
  model,
  post,
  postForm,
  videos,
  withKey,
} from './openai-video-builder.ts';
import { key, picture, postJson, start } from './support.ts';

setUpGateway();

describe('an accepted submit', () => {
  test.each([generations, videos])('at %s answers as seed 004 shows', async (path) => {
    const images = [dataUri];
    const body = bodyOf({ images, seconds: '8', size: '1280x720', metadata: { negativePrompt: 'rain' } });
    const answer = Accepted.parse(await (await post(body, { path })).json());
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^task_\w{32}$/),
      task_id: answer.id,
      model,
      status: 'queued',
      progress: 0,
    });
    expect(Math.abs(answer.created_at - Date.now() / 1000)).toBeLessThan(5);
    expect(gateway.ledger().tasks[0]).toMatchObject({
      dialect: 'openai-video',
      scene: 'image-to-video',
      parameters: { seconds: '8', size: '1280x720', metadata: { negativePrompt: 'rain' } },
      ignoredFields: [],
      priceMicros: 800_000,
    });
  });

  test.each([
    'veo-2.0-generate-001',
    'veo-3.0-generate-001',
    'veo-3.0-fast-generate-001',
    'veo-3.1-generate-preview',
    'veo-3.1-fast-generate-preview',
  ])('%s is a model', async (name) => {
    await accept({ model: name, prompt: 'x [[fault:empty]]' });
    expect(gateway.ledger().tasks[0]).toMatchObject({ model: name, scene: 'text-to-video' });
  });
});

describe('a picture', () => {
  const withImages = { prompt: 'x [[fault:empty]]', images: ['URL'] };
  const frameCount = (on = gateway) => on.ledger().tasks[0]?.frameSha256.length;
  const accepted = async (more: Record<string, unknown>, on = gateway) => {
    await accept({ prompt: 'x [[fault:empty]]', ...more }, { on });
    return on.ledger().tasks[0];
  };

  test.each([
    ['images, as a data URI', { images: [dataUri] }],
    ['images, as base64', { images: [base64] }],
    ['image', { image: dataUri }],
  ])('in %s is used', async (_what, more) => {
    await accepted(more);
    expect(frameCount()).toBe(1);
  });

  test('as a URL is silently dropped, and a text-to-video is charged', async () => {
    expect(await accepted({ images: [`${pictures.url}/frame.jpg`] })).toMatchObject({
      scene: 'text-to-video',
      ignoredFields: ['images.0'],
      charged: true,
    });
  });

  test('as a text in input_reference is dropped too', async () => {
    expect(await accepted({ input_reference: dataUri })).toMatchObject({
      scene: 'text-to-video',
      ignoredFields: ['input_reference'],
    });
  });

  const rows: [GatewayOptions['openaiImages'], boolean, boolean][] = [
    ['data', true, false],
    ['url', false, true],
    ['any', true, true],
  ];
  test.each(rows)('with the option %s: data %s, address %s', async (openaiImages, takesData, takesUrl) => {
    const on = await start({ openaiImages, seconds: 60 });
    try {
      const images = [`${pictures.url}/frame.jpg`];
      expect((await post(bodyOf({ ...withImages, images }), { on })).status).toBe(200);
      expect(frameCount(on)).toBe(takesUrl ? 1 : 0);
      const data = await post(bodyOf({ ...withImages, images: [dataUri] }), { on });
      expect(data.status).toBe(takesData ? 200 : 400);
    } finally {
      await on.close();
    }
  });

  test('in a form is a file, and anything else is dropped', async () => {
    const prompt = 'x [[fault:empty]]';
    const file = new File([new Uint8Array(picture)], 'frame.jpg', { type: 'image/jpeg' });
    const fields = { model, prompt, seconds: '8', size: '1280x720' };
    await idIn(await postForm({ ...fields, input_reference: file, duration: '8', metadata: '{"a":1}' }));
    await idIn(await postForm({ ...fields, input_reference: dataUri }));
    expect(gateway.ledger().tasks).toMatchObject([
      {
        scene: 'image-to-video',
        parameters: { seconds: '8', duration: 8, metadata: { a: 1 } },
        ignoredFields: [],
      },
      { scene: 'text-to-video', ignoredFields: ['input_reference'] },
    ]);
  });
});

describe('the key', () => {
  test.each([
    ['as a bearer', withKey, 200],
    ['bare', { authorization: key }, 401],
    ['in the header of Google', { 'x-goog-api-key': key }, 401],
    ['wrong', { authorization: 'Bearer wrong' }, 401],
  ])('%s', async (_what, headers, status) => {
    const response = await postJson(gateway.url + generations, bodyOf({ prompt: 'x [[fault:empty]]' }), {
      ...headers,
    });
    expect(response.status).toBe(status);
    if (status === 401) {
      expect(await response.json()).toMatchObject({
        error: { code: 'invalid_api_key', type: 'new_api_error' },
      });
    }
  });

  test('is needed by polls and downloads too', async () => {
    const id = await accept({ prompt: 'x [[fault:empty]]' });
    for (const path of [generations, videos]) {
      expect((await fetch(`${gateway.url}${path}/${id}`)).status).toBe(401);
    }
    expect((await fetch(contentUrl(id))).status).toBe(401);
  });
});

test.each([generations, videos])('%s takes and shows the parameters of other models', async (path) => {
  const others = { audio_type: 'Speech', is_rec: true, off_peak: true, enable_sync_mode: false };
  await accept({ prompt: 'x [[fault:empty]]', ...others, mood: 'calm' }, { path });
  expect(gateway.ledger().tasks[0]).toMatchObject({ passedThrough: others, ignoredFields: ['mood'] });
});

test('a form takes the parameters of other models, as text', async () => {
  await idIn(await postForm({ model, prompt: 'x [[fault:empty]]', off_peak: 'true' }));
  expect(gateway.ledger().tasks[0]).toMatchObject({ passedThrough: { off_peak: 'true' }, ignoredFields: [] });
});
