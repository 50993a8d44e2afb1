import { providerOf } from '../../../../../core/providers/registry.ts';
import type { ProviderSettings } from '../../../../../core/settings.ts';
import { fakeProvider, frame, KEY, providerErrorOf, textRequest, videoRequest } from './context.ts';
import { keepsTheContract } from './contract.ts';
import { fixture, GOOGLE, MODEL, NAME, provider, settings, VIDEO } from './gemini-builder.ts';

keepsTheContract({
  dialect: 'gemini',
  settings,
  model: MODEL,
  keyHeaders: { 'x-goog-api-key': KEY },
  accepted: { body: fixture('submitted'), task: { id: NAME } },
  errors: [
    { status: 400, body: fixture('error-key'), name: 'ProviderUnauthorized' },
    { status: 400, body: fixture('error-safety'), name: 'ProviderFilteredRequest' },
    { status: 402, body: fixture('error-balance'), name: 'ProviderBalanceTooLow' },
    { status: 404, body: fixture('error-retired'), name: 'ModelRetired' },
    { status: 429, body: fixture('error-per-minute'), name: 'ProviderThrottled' },
    { status: 429, body: fixture('error-per-day'), name: 'ProviderQuotaExhausted' },
  ],
  answers: [
    { body: fixture('running'), status: { state: 'running' } },
    { body: fixture('running-metadata'), status: { state: 'running' } },
    {
      body: fixture('succeeded'),
      status: { state: 'succeeded', outputs: [{ url: VIDEO, needsKey: true }] },
    },
    { body: fixture('partial'), status: { state: 'succeeded' } },
    { body: fixture('filtered'), status: { state: 'filtered', charged: 'no' } },
    { body: fixture('failed'), status: { state: 'failed', charged: 'unknown' } },
    { body: fixture('cancelled'), status: { state: 'cancelled' } },
    { body: fixture('empty'), status: { state: 'empty' } },
  ],
  failedFor: (message) => ({ name: NAME, done: true, error: { code: 13, message } }),
  fields: [
    ...'name done error response data code message status details generateVideoResponse'.split(' '),
    ...'generatedSamples generatedVideos videos video uri url encodedVideo bytesBase64Encoded'.split(' '),
    ...'videoBytes raiMediaFilteredCount raiMediaFilteredReasons msg errors error_message'.split(' '),
    ...'error_msg error_description fail_reason detail reason title violations quotaId type'.split(' '),
    ...'error_code errcode video_url output outputs'.split(' '),
  ],
});

describe('what is sent', () => {
  const sentBy = async (
    request: Parameters<typeof videoRequest>[0],
    changes: Partial<ProviderSettings> = {},
  ) => {
    const { submit, sent } = provider({ body: fixture('submitted') }, changes);
    await submit(videoRequest({ model: MODEL, ...request }));
    return { ...sent[0], body: JSON.parse(String(sent[0]?.body)) };
  };

  it('the least: aspect ratio and length always, the rest only when it says something', async () => {
    const { url, headers, body } = await sentBy({});
    expect(url).toBe(`${GOOGLE}/v1beta/models/${MODEL}:predictLongRunning`);
    expect(headers).toEqual({
      accept: 'application/json',
      'content-type': 'application/json',
      'x-goog-api-key': KEY,
    });
    expect(body).toEqual({
      instances: [{ prompt: 'A slow walk', image: { mimeType: 'image/png', bytesBase64Encoded: 'AAAA' } }],
      parameters: { aspectRatio: '16:9', durationSeconds: 8 },
    });
  });

  it('a text', async () => {
    const { submit, sent } = provider({ body: fixture('submitted') });
    await submit(textRequest({ model: MODEL }));
    expect(JSON.parse(String(sent[0]?.body))).toEqual({
      instances: [{ prompt: 'A slow walk' }],
      parameters: { aspectRatio: '16:9', durationSeconds: 8 },
    });
  });

  it('reference images', async () => {
    const { submit, sent } = provider({ body: fixture('submitted') });
    const webp = { ...frame(), mimeType: 'image/webp', read: async () => new Uint8Array([1, 2]) };
    await submit(textRequest({ model: MODEL, referenceFrames: [frame(), webp] }));
    expect(JSON.parse(String(sent[0]?.body)).instances).toEqual([
      {
        prompt: 'A slow walk',
        referenceImages: [
          { image: { mimeType: 'image/png', bytesBase64Encoded: 'AAAA' }, referenceType: 'asset' },
          { image: { mimeType: 'image/webp', bytesBase64Encoded: 'AQI=' }, referenceType: 'asset' },
        ],
      },
    ]);
  });

  it('a video to continue: its address, aspect ratio and length', async () => {
    const { submit, sent } = provider({ body: fixture('submitted') });
    await submit(textRequest({ model: MODEL, video: { url: async () => 'gs://clips/a.mp4' } }));
    expect(JSON.parse(String(sent[0]?.body))).toEqual({
      instances: [{ prompt: 'A slow walk', video: { uri: 'gs://clips/a.mp4' } }],
      parameters: { aspectRatio: '16:9', durationSeconds: 8 },
    });
  });

  it('parameters that only some jobs have, and extra beside them', async () => {
    const { body } = await sentBy({
      negativePrompt: 'rain',
      personGeneration: 'allow_adult',
      videoCount: 1,
      extra: { seed: 7, generateAudio: false },
    });
    expect(body.parameters).toEqual({
      aspectRatio: '16:9',
      durationSeconds: 8,
      negativePrompt: 'rain',
      personGeneration: 'allow_adult',
      sampleCount: 1,
      seed: 7,
      generateAudio: false,
    });
  });

  it('everything', async () => {
    const lastFrame = { ...frame(), mimeType: 'image/webp', read: async () => new Uint8Array([1, 2]) };
    const { body } = await sentBy({ lastFrame, enhancePrompt: false, resolution: '1080p' });
    expect(body).toEqual({
      instances: [
        {
          prompt: 'A slow walk',
          image: { mimeType: 'image/png', bytesBase64Encoded: 'AAAA' },
          lastFrame: { mimeType: 'image/webp', bytesBase64Encoded: 'AQI=' },
        },
      ],
      parameters: { aspectRatio: '16:9', durationSeconds: 8, resolution: '1080p', enhancePrompt: false },
    });
  });

  it('the length as a text where the gateway wants one (seed 002)', async () => {
    const { body } = await sentBy({ durationSeconds: 6 }, { options: { durationType: 'string' } });
    expect(body.parameters.durationSeconds).toBe('6');
  });

  it('the frame is read and no address of it is signed', async () => {
    const url = () => Promise.reject(new Error('signed'));
    await sentBy({ startFrame: { ...frame(), url } });
  });

  it('frames that make the request too large are a free refusal that says so', async () => {
    const { assertSendable, submit, sent } = provider({ body: fixture('submitted') });
    const half = { ...frame(), bytes: 7_500_000 };
    for (const request of [
      { startFrame: { ...frame(), bytes: 15_000_000 } },
      { startFrame: half, lastFrame: half },
      { referenceFrames: [half, half] },
    ]) {
      const error = await providerErrorOf(submit(textRequest({ model: MODEL, ...request })));
      expect(() => assertSendable(textRequest({ model: MODEL, ...request }))).toThrow(error.message);
      expect(error).toMatchObject({ name: 'ProviderRejected', charged: 'no', retryable: false });
      expect(error.message).toBe(
        'The frames have 15.0 MB; gemini takes them inside a request of 20.0 MB, which holds about 14.9 MB of pictures',
      );
    }
    await submit(videoRequest({ model: MODEL, startFrame: { ...frame(), bytes: 14_900_000 } }));
    expect(sent).toHaveLength(1);
  });

  it('nothing for a parameter that there is not', async () => {
    const { submit, sent } = provider({ body: fixture('submitted') });
    const error = await providerErrorOf(submit(videoRequest({ model: MODEL, enableUpsample: false })));
    expect(error).toMatchObject({ charged: 'no', message: expect.stringContaining('enableUpsample') });
    expect(sent).toEqual([]);
  });
});

it('the headers of a download are the key, read again when asked', async () => {
  const { context } = fakeProvider({}, { ...settings, keys: ['old-key', 'new-key'] });
  const { downloadHeaders } = providerOf(context);
  expect(await downloadHeaders?.()).toEqual({ 'x-goog-api-key': 'old-key' });
  expect(await downloadHeaders?.({ fresh: true })).toEqual({ 'x-goog-api-key': 'new-key' });
});
