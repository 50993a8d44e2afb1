import type { VideoRequest } from '../../../../../core/providers/provider.ts';
import { DialectId, dialects, providerOf } from '../../../../../core/providers/registry.ts';
import {
  FRAME_URL,
  fakeProvider,
  frame,
  KEY,
  providerErrorOf,
  textRequest,
  videoRequest,
} from './context.ts';
import { keepsTheContract } from './contract.ts';
import { fixture, ofData, TASK, VIDEO } from './gptproto-builder.ts';

keepsTheContract({
  dialect: 'gptproto',
  model: 'veo3-fast',
  keyHeaders: { authorization: KEY },
  accepted: { body: fixture('created'), task: TASK },
  errors: [
    { status: 401, body: fixture('error-key'), name: 'ProviderUnauthorized' },
    { status: 403, body: fixture('error-balance'), name: 'ProviderBalanceTooLow' },
    { status: 429, body: fixture('error-rate'), name: 'ProviderThrottled' },
    { status: 400, body: fixture('error-safety'), name: 'ProviderFilteredRequest' },
    { status: 503, body: fixture('error-safety'), name: 'ProviderFilteredRequest' },
  ],
  answers: [
    { body: fixture('created'), status: { state: 'queued' } },
    { body: fixture('processing'), status: { state: 'running' } },
    { body: fixture('completed'), status: { state: 'succeeded', outputs: [{ url: VIDEO }] } },
    { body: fixture('completed-empty'), status: { state: 'empty' } },
    { body: fixture('filtered-words'), status: { state: 'filtered' } },
    { body: fixture('failed'), status: { state: 'failed', charged: 'unknown' } },
    { body: fixture('canceled'), status: { state: 'cancelled' } },
    { body: fixture('expired'), status: { state: 'expired' } },
  ],
  failedFor: (reason) => ofData({ id: 'abc', status: 'failed', error: reason }),
  fields: [
    ...'data code message id status error urls outputs output video_url url result uri video'.split(' '),
    ...'has_nsfw_contents get videos msg errors error_message error_msg error_description'.split(' '),
    ...'fail_reason detail details reason title violations quotaId error_code errcode type'.split(' '),
  ],
});

it('every dialect of the settings is there', () => {
  expect(Object.keys(dialects).sort()).toEqual([...DialectId.options].sort());
});

describe('what is sent', () => {
  const sentBy = async (request: Parameters<typeof videoRequest>[0], settings = {}) => {
    const { context, sent } = fakeProvider({ body: fixture('created') }, settings);
    await providerOf(context).submit(videoRequest(request));
    expect(sent).toHaveLength(1);
    return { ...sent[0], body: JSON.parse(String(sent[0]?.body)) };
  };

  it('the least: aspect ratio and resolution always, the rest only when set', async () => {
    expect(await sentBy({})).toMatchObject({
      method: 'POST',
      url: 'https://gptproto.com/api/v3/google/veo3-fast/image-to-video',
      headers: { authorization: KEY, 'content-type': 'application/json' },
    });
    expect((await sentBy({})).body).toEqual({
      prompt: 'A slow walk',
      image: FRAME_URL,
      aspect_ratio: '16:9',
      resolution: '720p',
    });
  });

  it('everything', async () => {
    const request = {
      lastFrame: frame('https://frames/last'),
      enhancePrompt: false,
      enableUpsample: true,
      aspectRatio: '9:16',
      resolution: '4k',
    };
    expect((await sentBy(request)).body).toEqual({
      prompt: 'A slow walk',
      image: FRAME_URL,
      last_image: 'https://frames/last',
      aspect_ratio: '9:16',
      resolution: '4k',
      enhance_prompt: false,
      enable_upsample: true,
    });
  });

  it.each<[string, Partial<VideoRequest>, object]>([
    ['text-to-video', {}, {}],
    ['image-to-video', { startFrame: frame('https://a') }, { image: 'https://a' }],
    [
      'image-to-video',
      { startFrame: frame('https://a'), lastFrame: frame('https://b') },
      { image: 'https://a', last_image: 'https://b' },
    ],
    [
      'reference-to-video',
      { referenceFrames: [frame('https://a'), frame('https://b')] },
      { images: ['https://a', 'https://b'] },
    ],
  ])('%s, with what belongs to it', async (scene, media, fields) => {
    const { context, sent } = fakeProvider({ body: fixture('created') });
    await providerOf(context).submit(textRequest(media));
    expect(sent[0]?.url).toBe(`https://gptproto.com/api/v3/google/veo3-fast/${scene}`);
    expect(JSON.parse(String(sent[0]?.body))).toEqual({
      prompt: 'A slow walk',
      aspect_ratio: '16:9',
      resolution: '720p',
      ...fields,
    });
  });

  it('extra beside the rest', async () => {
    const extra = { enable_sync_mode: true, seed: 7 };
    expect((await sentBy({ extra })).body).toEqual({ ...(await sentBy({})).body, ...extra });
  });

  it('the key as the settings say', async () => {
    expect((await sentBy({}, { options: { keyStyle: 'bearer' } })).headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
    });
  });

  it('paths that no model or id can leave', async () => {
    expect((await sentBy({ model: '../x?y#z/ä' })).url).toBe(
      'https://gptproto.com/api/v3/google/..%2Fx%3Fy%23z%2F%C3%A4/image-to-video',
    );
    const { context, sent } = fakeProvider({ body: fixture('processing') });
    await providerOf(context).check({ id: 'a/../b?c' });
    expect(sent[0]?.url).toBe('https://gptproto.com/api/v3/predictions/a%2F..%2Fb%3Fc/result');
  });

  it('checks to the poll base, with the path that a base may have', async () => {
    const { context, sent } = fakeProvider(
      { body: fixture('processing') },
      { submitBaseUrl: 'https://relay.test/a/', pollBaseUrl: 'https://api.relay.test/b/' },
    );
    await providerOf(context).check(TASK);
    expect(sent[0]).toMatchObject({
      method: 'GET',
      url: 'https://api.relay.test/b/api/v3/predictions/abc/result',
      headers: { authorization: KEY },
    });
  });

  it('nothing for a length that there is not', async () => {
    const { context, sent } = fakeProvider({});
    const error = await providerErrorOf(providerOf(context).submit(videoRequest({ durationSeconds: 6 })));
    expect(error).toMatchObject({ name: 'ProviderRejected', charged: 'no', retryable: false });
    expect(sent).toEqual([]);
  });

  it('nothing when the frame cannot be signed', async () => {
    const { context, sent } = fakeProvider({});
    const trouble = new Error('AccessDenied');
    const startFrame = { ...frame(), url: () => Promise.reject(trouble) };
    await expect(providerOf(context).submit(videoRequest({ startFrame }))).rejects.toBe(trouble);
    expect(sent).toEqual([]);
  });
});

it('an address of a frame that was sent stands in no error, whatever it looks like', async () => {
  const message = 'cannot fetch https://frames/private-start or https://frames/private-last';
  const { context } = fakeProvider({ status: 400, body: { message } });
  const startFrame = frame('https://frames/private-start');
  const lastFrame = frame('https://frames/private-last');
  const error = await providerErrorOf(providerOf(context).submit(videoRequest({ startFrame, lastFrame })));
  expect(error.message).toContain('cannot fetch [hidden] or [hidden]');
});
