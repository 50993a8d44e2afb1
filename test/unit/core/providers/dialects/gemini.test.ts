import { providerOf } from '../../../../../core/providers/registry.ts';
import type { ProviderSettings } from '../../../../../core/settings.ts';
import {
  fakeProvider,
  fixturesOf,
  frame,
  KEY,
  providerErrorOf,
  providerWith,
  type Reply,
  textRequest,
  videoRequest,
} from './context.ts';
import { keepsTheContract } from './contract.ts';

const fixture = fixturesOf('gemini');

const GOOGLE = 'https://generativelanguage.googleapis.com';
const MODEL = 'veo-3.1-fast-generate-preview';
const NAME = 'models/veo-3.1-generate-preview/operations/abc';
const VIDEO = `${GOOGLE}/v1beta/files/abc:download?alt=media`;
const INLINE = 'data:video/mp4;base64,AAAAIGZ0eXA=';
const settings: Partial<ProviderSettings> = { dialect: 'gemini', submitBaseUrl: GOOGLE, models: [MODEL] };

const provider = providerWith(settings);
const check = (body: unknown, changes: Partial<ProviderSettings> = {}) =>
  provider({ body }, changes).check({ id: NAME });

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

describe('the operation', () => {
  it('is asked for by its name as it is, at the poll base', async () => {
    const { submit, check, sent } = provider([{ body: fixture('submitted') }, { body: fixture('running') }], {
      submitBaseUrl: 'https://gptproto.com',
      pollBaseUrl: 'https://api.gptproto.com/x',
    });
    await check(await submit(videoRequest({ model: MODEL })));
    expect(sent[0]?.url).toBe(`https://gptproto.com/v1beta/models/${MODEL}:predictLongRunning`);
    expect(sent[1]?.url).toBe(`https://api.gptproto.com/x/v1beta/${NAME}`);
  });

  it.each([
    ['operations/a?b#c', 'operations/a%3Fb%23c'],
    ['/models/ä/operations/x y', 'models/%C3%A4/operations/x%20y'],
    ['projects/p/locations/l/operations/1', 'projects/p/locations/l/operations/1'],
    ['https://evil.test/x', 'https%3A/evil.test/x'],
  ])('named %s does not leave its path', async (name, path) => {
    const { submit, check, sent } = provider([{ body: { name } }, { body: fixture('running') }]);
    await check(await submit(videoRequest({ model: MODEL })));
    expect(sent[1]?.url).toBe(`${GOOGLE}/v1beta/${path}`);
  });

  it.each([
    { name: '' },
    { name: ' ' },
    { name: '../../x' },
    { name: 'a/./b' },
    { name: '/' },
    { done: true },
  ])('%j cannot be asked for, and may have cost', async (body) => {
    const error = await providerErrorOf(provider({ body }).submit(videoRequest({ model: MODEL })));
    expect(error).toMatchObject({ name: 'ProviderAnswerUnreadable', charged: 'unknown' });
  });
});

describe('the status of a check', () => {
  const own = { state: 'succeeded', outputs: [{ url: VIDEO, needsKey: true }] };
  const SAFETY = "could not create your video. You won't be charged.";
  it.each<[string, unknown]>([
    ['succeeded-object', own],
    ['succeeded-flat', own],
    ['succeeded-videos', own],
    [
      'succeeded-several',
      { ...own, outputs: [...own.outputs, { url: VIDEO.replace('abc', 'abd'), needsKey: true }] },
    ],
    ['succeeded-vertex', { state: 'empty', reason: 'the video is at gs://bucket/abc/sample_0.mp4' }],
    [
      'succeeded-gateway',
      {
        state: 'succeeded',
        outputs: [{ url: 'https://api.gptproto.com/upload/v1beta/files/abc:download?alt=media' }],
      },
    ],
    ['succeeded-inline', { state: 'succeeded', outputs: [{ url: INLINE }] }],
    ['succeeded-inline-bytes', { state: 'succeeded', outputs: [{ url: INLINE }] }],
    ['partial', { ...own, notes: [expect.stringMatching(/^the provider filtered 1 of 2 videos: We enc/)] }],
    ['filtered', { state: 'filtered', reason: expect.stringContaining(SAFETY), charged: 'no' }],
    ['filtered-flat', { state: 'filtered', reason: expect.stringContaining(SAFETY), charged: 'no' }],
    ['failed', { state: 'failed', reason: 'Internal error. Please try again later.', charged: 'unknown' }],
    ['failed-safety', { state: 'filtered', reason: expect.stringContaining('policies'), charged: 'unknown' }],
    ['cancelled', { state: 'cancelled', reason: 'The operation was cancelled.', charged: 'unknown' }],
    ['empty', { state: 'empty', reason: 'the operation is done and holds no video' }],
    ['empty-response', { state: 'empty', reason: 'the operation is done and holds no video' }],
  ])('%s', async (name, status) => expect(await check(fixture(name))).toEqual(status));

  it('a video at the poll base needs the key too', async () => {
    const changes = { submitBaseUrl: 'https://gptproto.com', pollBaseUrl: 'https://api.gptproto.com' };
    expect(await check(fixture('succeeded-gateway'), changes)).toMatchObject({
      outputs: [{ needsKey: true }],
    });
  });

  const samples = (...generatedSamples: unknown[]) => ({ generateVideoResponse: { generatedSamples } });
  const CDN = 'https://cdn.test/v.mp4';
  it.each<[string, unknown, unknown]>([
    ['two videos', samples({ video: { uri: VIDEO } }, { video: { uri: CDN } }), [VIDEO, CDN]],
    ['one twice', samples({ video: { uri: CDN } }, { video: { uri: CDN } }), [CDN]],
    ['a video as text', samples({ video: CDN }), [CDN]],
    ['a video without its wrapping', samples({ uri: CDN }), [CDN]],
    [
      'bytes beside no address',
      samples({ video: { uri: 'gs://b/k', encodedVideo: 'AAAA' } }),
      ['data:video/mp4;base64,AAAA'],
    ],
    ['bytes beside an address', samples({ video: { uri: CDN, encodedVideo: 'AAAA' } }), [CDN]],
  ])('%s', async (_what, response, urls) => {
    const status = await check({ name: NAME, done: true, response });
    expect(status).toMatchObject({ state: 'succeeded' });
    expect('outputs' in status && status.outputs.map(({ url }) => url)).toEqual(urls);
    // An outcome is one without `done`, too; while it is false it is none.
    expect(await check({ name: NAME, response })).toEqual(status);
    expect(await check({ name: NAME, done: false, response })).toEqual({ state: 'running' });
  });

  it.each([
    [{ name: NAME, response: {} }, 'running'],
    [{ name: NAME, done: null }, 'running'],
    [{ name: NAME, done: true, error: {} }, 'empty'],
    [{ name: NAME, done: true, error: null, response: samples({}) }, 'empty'],
    [{ name: NAME, done: true, error: { code: 8 } }, 'failed'],
    [{ name: NAME, done: true, error: { code: 3, message: 'You will not be charged.' } }, 'failed'],
    [{ name: NAME, done: true, response: { raiMediaFilteredReasons: ['x'] } }, 'filtered'],
    [{ name: NAME, done: true, response: samples({ video: { uri: 'gs://b/k' } }) }, 'empty'],
  ])('%j is %s', async (body, state) => expect(await check(body)).toMatchObject({ state }));

  it('an operation that is not there any more', async () => {
    const reply = { status: 404, body: fixture('error-expired') };
    expect((await providerErrorOf(provider(reply).check({ id: NAME }))).name).toBe('TaskNotFound');
  });

  it('filtered videos among others are told, with a reason or without', async () => {
    const response = { generatedSamples: [{ video: { uri: VIDEO } }], raiMediaFilteredCount: 3 };
    expect(await check({ name: NAME, done: true, response })).toEqual({
      ...own,
      notes: ['the provider filtered 3 of 4 videos: no reason given'],
    });
  });

  it('an answer with very many parts is read', async () => {
    const response = Array.from({ length: 300_000 }, () => ({ raiMediaFilteredCount: 1 }));
    expect(await check({ name: NAME, done: true, response })).toMatchObject({ state: 'filtered' });
  });

  it('a failure that says it costs nothing is believed', async () => {
    const error = { code: 3, message: 'Try another prompt. You will not be charged.' };
    expect(await check({ done: true, error })).toMatchObject({ state: 'failed', charged: 'no' });
  });

  it('a video inside the answer may be large', async () => {
    const { check, sent } = provider({ body: fixture('running') });
    await check({ id: NAME });
    expect(sent[0]?.maxBytes).toBeGreaterThanOrEqual(25_000_000);
  });
});

describe('errors as Google says them', () => {
  const submit = (reply: Reply) => providerErrorOf(provider(reply).submit(videoRequest({ model: MODEL })));

  it('a limit of a minute waits as long as it says', async () => {
    expect(await submit({ status: 429, body: fixture('error-per-minute') })).toMatchObject({
      name: 'ProviderThrottled',
      retryable: true,
      charged: 'no',
      retryAfterSeconds: 23,
    });
  });

  it('a limit of a day does not', async () => {
    expect(await submit({ status: 429, body: fixture('error-per-day') })).toMatchObject({
      name: 'ProviderQuotaExhausted',
      retryable: false,
    });
  });

  it('a wrong key is a 400', async () => {
    const reply = { status: 400, body: fixture('error-key') };
    expect(await submit(reply)).toMatchObject({ name: 'ProviderUnauthorized', charged: 'no' });
    const { context, sent } = fakeProvider([reply, { body: fixture('running') }], {
      ...settings,
      keys: ['old-key', 'new-key'],
    });
    expect(await providerOf(context).check({ id: NAME })).toEqual({ state: 'running' });
    expect(sent.map(({ headers }) => headers?.['x-goog-api-key'])).toEqual(['old-key', 'new-key']);
  });

  it.each([
    [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', 'ProviderRejected'],
    [404, 'NOT_FOUND', `This model models/${MODEL} is no longer available to new users.`, 'ModelRetired'],
    [
      429,
      'RESOURCE_EXHAUSTED',
      'Your project has exceeded its monthly spending cap.',
      'ProviderQuotaExhausted',
    ],
    [429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.', 'ProviderBalanceTooLow'],
    [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.', 'ProviderUnavailable'],
  ])('%d %s: %s', async (code, status, message, name) => {
    const body = { error: { code, message, status } };
    expect(await submit({ status: code, body })).toMatchObject({ name });
    expect(await submit({ status: 200, body })).toMatchObject({ name });
  });
});

it('the headers of a download are the key, read again when asked', async () => {
  const { context } = fakeProvider({}, { ...settings, keys: ['old-key', 'new-key'] });
  const { downloadHeaders } = providerOf(context);
  expect(await downloadHeaders?.()).toEqual({ 'x-goog-api-key': 'old-key' });
  expect(await downloadHeaders?.({ fresh: true })).toEqual({ 'x-goog-api-key': 'new-key' });
});
