import { providerOf } from '../../../../../core/providers/registry.ts';
import { fakeProvider, providerErrorOf, type Reply, videoRequest } from './context.ts';
import { check, fixture, GOOGLE, INLINE, MODEL, NAME, provider, settings, VIDEO } from './gemini-builder.ts';

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
