import type { GatewayOptions } from '../../../simulator/server.ts';
import { gateway, promptWith, setUpGateway } from './gateway-builder.ts';
import {
  Accepted,
  bodyOf,
  dataUri,
  generations,
  over,
  post,
  publicUrl,
  Unknown,
  videos,
  withKey,
} from './openai-video-builder.ts';
import { picture, start } from './support.ts';

setUpGateway();

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
