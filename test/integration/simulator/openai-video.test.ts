import { z } from 'zod';
import { faultRows } from '../../../simulator/faults/faults.ts';
import type { GatewayOptions, RunningGateway } from '../../../simulator/server.ts';
import {
  key,
  type PictureServer,
  picture,
  postJson,
  repeat,
  start,
  startPictures,
  watch,
} from './support.ts';

jest.setTimeout(120_000);

const model = 'veo-3.1-fast-generate-preview';
const base64 = picture.toString('base64');
const dataUri = `data:image/jpeg;base64,${base64}`;
const withKey = { authorization: `Bearer ${key}` };
const generations = '/v1/video/generations';
const videos = '/v1/videos';

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

const Accepted = z.strictObject({
  id: z.string(),
  task_id: z.string(),
  object: z.literal('video'),
  model: z.string(),
  status: z.string(),
  progress: z.number(),
  created_at: z.int(),
});
const Unknown = z.record(z.string(), z.unknown());

const bodyOf = (more: Record<string, unknown> = {}) => ({
  model,
  prompt: 'A boat',
  aspect_ratio: '16:9',
  ...more,
});
const post = (body: unknown, { path = generations, on = gateway, headers = withKey } = {}) =>
  postJson(on.url + path, body, headers);
const postForm = (fields: Record<string, string | Blob>, on = gateway) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return fetch(on.url + videos, { method: 'POST', headers: withKey, body: form });
};

async function idIn(response: Response): Promise<string> {
  if (response.status !== 200) throw new Error(`not accepted: ${await response.text()}`);
  return Accepted.parse(await response.json()).task_id;
}
const accept = async (more?: Record<string, unknown>, options?: Parameters<typeof post>[1]) =>
  idIn(await post(bodyOf(more), options));

const askOnce = (id: string, path = generations, on = gateway) =>
  fetch(`${on.url}${path}/${encodeURIComponent(id)}`, { headers: withKey });
const ask = async (id: string, path?: string, on?: RunningGateway) =>
  Unknown.parse(await (await askOnce(id, path, on)).json());
const content = (id: string) => askOnce(id, videos).then(() => fetch(contentUrl(id), { headers: withKey }));
const contentUrl = (id: string) => `${gateway.url}${videos}/${encodeURIComponent(id)}/content`;

/** Polls until the status word, in any form, says that the task is over. */
const over = (id: string, path = generations, on = gateway) =>
  repeat(
    () => ask(id, path, on),
    (answer) => /"status":"(completed|succeeded|SUCCESS|failed|FAILURE)"/.test(JSON.stringify(answer)),
  );

const promptWith = (...faults: string[]) => {
  for (const fault of faults) tried.add(fault.replace(/\(.*/s, ''));
  return `A boat ${faults.map((fault) => `[[fault:${fault}]]`).join(' ')}`;
};
const acceptWith = (...faults: string[]) => accept({ prompt: promptWith(...faults) });
const publicUrl = expect.stringMatching(/^http:\/\/127.0.0.1:\d+\/files\/[\w-]+\.mp4$/);

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

describe('a refused submit names what is wrong, and is free', () => {
  const rows: [what: string, names: string, more: Record<string, unknown>][] = [
    ['no model', 'model', { model: undefined }],
    ['no prompt', 'prompt', { prompt: undefined }],
    ['an empty prompt', 'prompt', { prompt: ' ' }],
    ['a prompt of 5001 letters', 'prompt', { prompt: 'x'.repeat(5001) }],
    ['no aspect ratio', 'aspect_ratio', { aspect_ratio: undefined }],
    ['another aspect ratio', 'aspect_ratio', { aspect_ratio: '1:1' }],
    ['images that are no list', 'images', { images: dataUri }],
    ['an image of nothing', 'images.0', { images: ['data:image/png;base64,AAAA'] }],
    ['an image that is not base64', 'images.0', { images: ['frame.jpg'] }],
    ['half a picture', 'images.0', { images: [picture.subarray(0, 12).toString('base64')] }],
    ['seconds as a number', 'seconds', { seconds: 8 }],
    ['5 s', 'seconds', { seconds: '5' }],
    ['4 s with a first frame', 'seconds', { seconds: '4', images: [dataUri] }],
    [
      '4 s of Veo 3 with a first frame',
      'seconds',
      { seconds: '4', images: [dataUri], model: 'veo-3.0-fast-generate-001' },
    ],
    [
      '5 s of Veo 2 with a first frame',
      'seconds',
      { seconds: '5', images: [dataUri], model: 'veo-2.0-generate-001' },
    ],
    ['a duration of 7 s', 'duration', { duration: 7 }],
    ['9 s of Veo 2', 'seconds', { seconds: '9', model: 'veo-2.0-generate-001' }],
    ['4k of Veo 2', 'size', { size: '4k', model: 'veo-2.0-generate-001' }],
    ['other pixels', 'size', { size: '1024x1792' }],
    ['metadata as text', 'metadata', { metadata: 'x' }],
  ];
  test.each(rows)('%s: %s', async (_what, names, more) => {
    const response = await post(bodyOf(more));
    const answer = Unknown.parse(await response.json());
    expect(response.status).toBe(400);
    expect(answer).toMatchObject({ code: 'invalid_request', data: null });
    expect(`${answer.message}`.startsWith(`${names}: `)).toBe(true);
    expect(gateway.ledger()).toMatchObject({ tasks: [], chargedMicros: 0, submits: 1 });
  });

  test('a picture longer than 4:1', async () => {
    // The size is in the PNG's header; the gateway reads no more before the render.
    const png = Buffer.alloc(64);
    png.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
    png.writeUInt32BE(500, 16);
    png.writeUInt32BE(100, 20);
    const response = await post(bodyOf({ images: [png.toString('base64')] }));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('between 1:4 and 4:1');
  });

  test('an unknown model is a 503 in the envelope of OpenAI', async () => {
    const response = await post(bodyOf({ model: 'Veoq3-turbo' }));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } });
  });

  test('a body above 20 MB', async () => {
    expect((await post(bodyOf({ images: ['A'.repeat(21 * 1024 * 1024)] }))).status).toBe(413);
  });

  test('a broken form', async () => {
    const headers = { ...withKey, 'content-type': 'multipart/form-data; boundary=x' };
    expect((await post('no form', { path: videos, headers })).status).toBe(400);
    expect((await post(bodyOf(), { path: generations, headers })).status).toBe(400);
  });

  const forms: [GatewayOptions['openaiSeconds'], unknown, number][] = [
    ['string', '8', 200],
    ['string', 8, 400],
    ['number', '8', 400],
    ['number', 8, 200],
    ['any', '8', 200],
    ['any', 8, 200],
  ];
  test.each(forms)('seconds as %s, %j: %d', async (openaiSeconds, seconds, status) => {
    const on = await start({ openaiSeconds, seconds: 60 });
    try {
      const body = bodyOf({ prompt: 'x [[fault:empty]]', seconds });
      expect((await post(body, { on })).status).toBe(status);
    } finally {
      await on.close();
    }
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

describe('a poll', () => {
  const wordsOf = {
    1: ['queued', 'in_progress', 'completed', 'failed'],
    2: ['QUEUED', 'IN_PROGRESS', 'SUCCESS', 'FAILURE'],
    3: ['queued', 'processing', 'succeeded', 'failed'],
    4: ['queued', 'in_progress', 'completed', 'failed'],
  };
  const open = { url: '', error: null, reason: '', metadata: {} };
  const outcomeOf = {
    0: open,
    1: open,
    2: { ...open, url: publicUrl, metadata: { url: publicUrl } },
    3: {
      ...open,
      error: { code: expect.any(String), message: 'out of memory' },
      reason: 'out of memory',
    },
  };
  const formOf = (shape: keyof typeof wordsOf, id: string, state: 0 | 1 | 2 | 3) => {
    const status = wordsOf[shape][state];
    const { url, error, reason, metadata } = outcomeOf[state];
    const isOver = state > 1;
    switch (shape) {
      case 1:
        return { task_id: id, status, url, format: 'mp4', metadata: {}, error };
      case 2:
        return {
          code: 'success',
          message: '',
          data: {
            task_id: id,
            status,
            fail_reason: reason,
            result_url: url,
            progress: isOver ? '100%' : expect.stringMatching(/^\d\d?%$/),
            data: {},
          },
        };
      case 3:
        return {
          code: 'success',
          message: '',
          data: { error, format: 'mp4', metadata: null, status, task_id: id, url },
        };
      case 4:
        return {
          id,
          object: 'video',
          model,
          status,
          progress: isOver ? 100 : expect.any(Number),
          created_at: expect.any(Number),
          error,
          metadata,
        };
    }
  };

  test('is of form 3 at /v1/video/generations, of form 4 at /v1/videos, and knows only its own tasks', async () => {
    const id = await accept({ images: [dataUri] });
    await over(id);
    expect(await ask(id)).toEqual(formOf(3, id, 2));
    expect(await ask(id, videos)).toEqual(formOf(4, id, 2));
    for (const path of [generations, videos]) {
      for (const other of ['nobody', `${id}0`, 'task_%2F']) {
        const response = await askOnce(other, path);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ code: 'task_not_exist', data: null });
      }
    }
    const elsewhere = await fetch(`${gateway.url}/v1beta/models/${model}/operations/${id.slice(5)}`, {
      headers: { 'x-goog-api-key': key },
    });
    expect(elsewhere.status).toBe(404);
  });

  test.each(['1', '2', '3', '4'] as const)('of form %s, by option and by marker', async (openaiShape) => {
    const shape = Number(openaiShape) as keyof typeof wordsOf;
    const on = await start({ openaiShape, seconds: 2 });
    try {
      const id = await accept({ prompt: 'A boat [[fault:failed(out of memory)]]' }, { on });
      expect(await ask(id, generations, on)).toEqual(formOf(shape, id, 0));
      await repeat(
        () => ask(id, videos, on),
        (answer) => JSON.stringify(answer).includes(`"${wordsOf[shape][1]}"`),
      );
      expect(await ask(id, generations, on)).toEqual(formOf(shape, id, 1));
      expect(await over(id, videos, on)).toEqual(formOf(shape, id, 3));
    } finally {
      await on.close();
    }
    const id = await accept({ prompt: promptWith(`shape-${openaiShape}`), images: [dataUri] });
    expect(await over(id, generations)).toEqual(formOf(shape, id, 2));
    expect(await ask(id, videos)).toEqual(formOf(shape, id, 2));
  });
});

describe('the bytes', () => {
  test('come with the key when they are there, a 400 before', async () => {
    const id = await accept({ prompt: 'A boat [[fault:late(0.5s)]]', images: [dataUri] });
    expect((await content(id)).status).toBe(400);
    await over(id);
    const response = await content(id);
    expect(response.headers.get('content-type')).toBe('video/mp4');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size: '1280x720', seconds: 8 });
    expect(gateway.ledger().downloads).toBe(1);
  });

  test.each([
    [{ size: '720x1280', seconds: '4' }, '720x1280', 4],
    [{ size: '1920x1080', aspect_ratio: '9:16' }, '1920x1080', 8],
    [{ size: '720p', aspect_ratio: '9:16', duration: 6, seconds: '8' }, '720x1280', 6],
    [{ model: 'veo-2.0-generate-001', seconds: '5' }, '1280x720', 5],
  ])('%j make %s of %d s', async (more, size, seconds) => {
    const id = await accept(more);
    await over(id);
    const bytes = Buffer.from(await (await content(id)).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size, seconds });
  });

  test.each(['filtered', 'empty'])('%s: shows as a success, and the bytes are a 502', async (fault) => {
    const id = await acceptWith(fault);
    expect(await over(id)).toMatchObject({ data: { status: 'succeeded', url: '', error: null } });
    expect((await content(id)).status).toBe(502);
    expect(gateway.ledger().chargedTasks).toBe(fault === 'empty' ? 1 : 0);
  });

  test('success-lies: a URL too, with a 502 behind it', async () => {
    const id = await acceptWith('success-lies');
    expect(await over(id)).toMatchObject({ data: { status: 'succeeded', url: publicUrl } });
    expect((await content(id)).status).toBe(502);
  });
});

describe('a cancel', () => {
  const cancel = (id: string, as: 'post' | 'delete', headers: Record<string, string> = withKey) =>
    as === 'post'
      ? fetch(`${gateway.url}${generations}/${encodeURIComponent(id)}/cancel`, { method: 'POST', headers })
      : fetch(`${gateway.url}${videos}/${encodeURIComponent(id)}`, { method: 'DELETE', headers });
  const statusOf = () => gateway.ledger().tasks[0]?.status;
  const running = (...faults: string[]) => acceptWith('late(20s)', ...faults);

  test.each(['post', 'delete'] as const)('by %s ends and refunds an unfinished task', async (as) => {
    const id = await running();
    expect(gateway.ledger()).toMatchObject({ chargedTasks: 1 });
    const response = await cancel(id, as);
    expect(response.status).toBe(200);
    const cancelled = {
      error: { code: expect.any(String), message: expect.stringContaining('cancelled') },
      format: 'mp4',
      metadata: null,
      status: 'cancelled',
      task_id: id,
      url: '',
    };
    expect(await response.json()).toEqual(
      as === 'post'
        ? { code: 'success', message: '', data: cancelled }
        : { id, object: 'video.deleted', deleted: true },
    );
    expect(await ask(id)).toMatchObject({ data: cancelled });
    expect(gateway.ledger()).toMatchObject({
      tasks: [{ status: 'cancelled', charged: false, chargedMicros: 0 }],
      chargedTasks: 0,
      chargedMicros: 0,
      cancels: 1,
    });
    // A repetition, as after a lost answer, changes nothing.
    expect((await cancel(id, as)).status).toBe(200);
    expect((await content(id)).status).toBe(400);
  });

  test.each(['post', 'delete'] as const)('by %s comes too late for a finished task', async (as) => {
    for (const [fault, status] of [
      ['nsfw-note', 'succeeded'],
      ['failed', 'failed'],
      ['empty', 'empty'],
    ] as const) {
      await fetch(`${gateway.url}/_gateway/ledger`, { method: 'DELETE' });
      const id = await acceptWith(fault);
      await over(id);
      const response = await cancel(id, as);
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: 'task_finished', data: null });
      expect(statusOf()).toBe(status);
    }
  });

  test.each([
    ['1', { status: 'cancelled' }],
    ['2', { data: { status: 'CANCELLED', fail_reason: expect.any(String) } }],
    ['4', { status: 'cancelled', error: { message: expect.any(String) } }],
  ])('shows in form %s', async (shape, form) => {
    const id = await running(`shape-${shape}`);
    expect(await (await cancel(id, 'post')).json()).toMatchObject(form);
  });

  test('needs the key, and a task that exists', async () => {
    const id = await running('odd-id');
    for (const as of ['post', 'delete'] as const) {
      expect((await cancel(id, as, {})).status).toBe(401);
      expect((await cancel('nobody', as)).status).toBe(400);
    }
    expect(statusOf()).toBe('queued');
    expect((await cancel(id, 'post')).status).toBe(200);
    expect(statusOf()).toBe('cancelled');
  });

  test("ends the task's place in the limit", async () => {
    const small = await start({ seconds: 60, maxInFlight: 1 });
    try {
      const id = await accept({}, { on: small });
      expect((await post(bodyOf(), { on: small })).status).toBe(429);
      await fetch(`${small.url}${videos}/${id}`, { method: 'DELETE', headers: withKey });
      expect((await post(bodyOf(), { on: small })).status).toBe(200);
    } finally {
      await small.close();
    }
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

describe('the URLs and words of some relays', () => {
  test('content-url: the URL needs the key', async () => {
    const id = await acceptWith('content-url');
    expect(await over(id)).toMatchObject({ data: { url: contentUrl(id) } });
  });

  test('data-url: the URL is the video', async () => {
    const id = await acceptWith('data-url', 'shape-1');
    const { url } = await over(id);
    const response = await fetch(`${url}`);
    expect(response.headers.get('content-type')).toBe('video/mp4');
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
  });

  test('url-text: the URL is the text of a failure, or of a success without a video', async () => {
    const failed = await over(await acceptWith('url-text', 'failed(out of memory)', 'shape-2'));
    expect(failed).toMatchObject({ data: { status: 'FAILURE', result_url: 'out of memory' } });
    const lie = await over(await acceptWith('url-text', 'filtered'));
    expect(lie).toMatchObject({ data: { status: 'succeeded', url: 'The upstream returned no video' } });
  });

  test('words: other status words in the submit and the polls', async () => {
    const prompt = promptWith('words(queued=SUBMITTED, running=THROTTLED, succeeded=done)');
    const answer = Accepted.parse(await (await post(bodyOf({ prompt }))).json());
    expect(answer.status).toBe('SUBMITTED');
    await repeat(
      () => ask(answer.id),
      (polled) => JSON.stringify(polled).includes('"done"'),
    );
    expect(await ask(answer.id, videos)).toMatchObject({ status: 'done', metadata: { url: publicUrl } });
  });

  test('no-reason: a failure has no reason', async () => {
    const id = await acceptWith('no-reason', 'failed(out of memory)');
    expect(await over(id, videos)).toMatchObject({ status: 'failed', error: null });
  });

  test('odd-id: the id needs percent-encoding', async () => {
    const id = await acceptWith('odd-id');
    expect(id).toMatch(/\/\+=$/);
    await over(id);
    expect((await content(id)).status).toBe(200);
    expect((await fetch(`${gateway.url}${videos}/${id}`, { headers: withKey })).status).toBe(404);
  });

  test('other-id: the gateway does not know the id in the poll', async () => {
    const id = await acceptWith('other-id');
    const { id: other } = await over(id, videos);
    expect(other).not.toBe(id);
    expect((await askOnce(`${other}`)).status).toBe(400);
  });

  test('flap-failed and an unknown word: failed once, then the truth', async () => {
    const id = await acceptWith('flap-failed', 'unknown-status(1)');
    expect(await ask(id)).toMatchObject({
      data: { status: 'failed', error: { message: expect.any(String) } },
    });
    expect(await ask(id)).toMatchObject({ data: { status: 'marinating' } });
    expect(await over(id)).toMatchObject({ data: { status: 'succeeded', url: publicUrl } });
  });

  test('all of this dialect were tried, and those of another are refused', async () => {
    const variants = faultRows.filter((row) => row.stage === 'variant' && row.dialect === 'openai-video');
    expect(variants.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
    expect((await post(bodyOf({ prompt: 'x [[fault:flat-samples]]' }))).status).toBe(400);
  });
});

describe('the faults of the table', () => {
  test.each([
    ['429', 429, 'fail_to_fetch_task'],
    ['policy-400', 400, 'fail_to_fetch_task'],
    ['balance-403', 403, 'insufficient_user_quota'],
    ['retired-404', 404, 'fail_to_fetch_task'],
    ['500-before', 500, 'fail_to_fetch_task'],
    ['500-after', 500, 'fail_to_fetch_task'],
  ])('%s: %d %s', async (fault, status, code) => {
    const response = await post(bodyOf({ prompt: promptWith(fault) }));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code, message: expect.any(String), data: null });
    expect(response.headers.get('retry-after')).toBe(fault === '429' ? '2' : null);
    expect(gateway.ledger().chargedTasks).toBe(fault === '500-after' ? 1 : 0);
  });

  test('submit-completed: the submit says completed, the poll has the video', async () => {
    const response = await post(bodyOf({ prompt: promptWith('submit-completed') }));
    const answer = Accepted.parse(await response.json());
    expect(answer.status).toBe('completed');
    expect(await over(answer.id)).toMatchObject({ data: { url: publicUrl } });
  });
});
