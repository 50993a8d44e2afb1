import * as z from 'zod';
import type { HttpRequest } from '../../../../../core/providers/provider.ts';
import { canCancel } from '../../../../../core/providers/registry.ts';
import type { ProviderSettings } from '../../../../../core/settings.ts';
import {
  FRAME_URL,
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

const fixture = fixturesOf('openai-video');

const RELAY = 'https://relay.test';
const MODEL = 'veo-3.1-fast-generate-preview';
const ID = 'task_MQKsdsosLYRreob4Z4NzTFxZKtSoVRWZ';
const VIDEO = 'https://cdn.relay.test/video.mp4';
const settings: Partial<ProviderSettings> = {
  dialect: 'openai-video',
  submitBaseUrl: RELAY,
  models: [MODEL],
};
const FORM = { options: { submitForm: 'multipart' } };

const provider = providerWith(settings);
const check = (body: unknown, changes: Partial<ProviderSettings> = {}, id = ID) =>
  provider({ body }, changes).check({ id });

const CONTENT = {
  url: `${RELAY}/v1/videos/${ID}/content`,
  needsKey: true,
  isUnconfirmed: true,
} as const;
const facts = {
  dialect: 'openai-video',
  model: MODEL,
  keyHeaders: { authorization: `Bearer ${KEY}` },
  errors: [
    { status: 401, body: fixture('error-key'), name: 'ProviderUnauthorized' },
    { status: 403, body: fixture('error-quota'), name: 'ProviderBalanceTooLow' },
    { status: 429, body: fixture('error-throttled'), name: 'ProviderThrottled' },
    { status: 503, body: fixture('error-model-not-found'), name: 'ModelRetired' },
    { status: 400, body: fixture('error-litellm'), name: 'ProviderRejected' },
  ],
  failedFor: (reason: string) => ({ code: 'success', data: { status: 'FAILURE', fail_reason: reason } }),
  fields: [
    ...'data code message id task_id object status progress url result_url video_url metadata'.split(' '),
    ...'error fail_reason uri video videos output outputs msg errors error_message error_msg'.split(' '),
    ...'error_description detail details reason title violations quotaId error_code errcode type'.split(' '),
  ],
} as const;

keepsTheContract({
  ...facts,
  settings,
  accepted: { body: fixture('submitted-seed'), task: { id: ID } },
  answers: [
    { body: fixture('1-processing'), status: { state: 'running' } },
    { body: fixture('1-succeeded'), status: { state: 'succeeded', outputs: [{ url: VIDEO }] } },
    { body: fixture('2-in-progress'), status: { state: 'running', progress: 30 } },
    { body: fixture('2-success'), status: { state: 'succeeded' } },
    { body: fixture('3-failed'), status: { state: 'failed', charged: 'unknown' } },
    { body: fixture('3-succeeded-empty'), status: { state: 'empty' } },
    { body: fixture('3-succeeded-lie'), status: { state: 'filtered' } },
  ],
});

describe('by a form', () => {
  keepsTheContract({
    ...facts,
    settings: { ...settings, ...FORM },
    accepted: { body: fixture('submitted-litellm'), task: { id: 'video_bGl0ZWxsbTpj' } },
    answers: [
      { body: fixture('4-in-progress'), status: { state: 'running', progress: 50 } },
      { body: fixture('4-completed-url'), status: { state: 'succeeded', outputs: [{ url: VIDEO }] } },
      { body: fixture('4-failed'), status: { state: 'failed' } },
    ],
  });
});

const order = async (
  request: Parameters<typeof videoRequest>[0] = {},
  changes: Partial<ProviderSettings> = {},
) => {
  const { submit, sent } = provider({ body: fixture('submitted-seed') }, changes);
  await submit(videoRequest({ model: MODEL, ...request }));
  expect(sent).toHaveLength(1);
  return sent[0];
};
const bodyOf = async (...given: Parameters<typeof order>) =>
  JSON.parse(String((await order(...given))?.body));

/** The body as others read it: JSON or a form. */
const fieldsOf = async (sent: HttpRequest | undefined): Promise<Record<string, unknown>> => {
  const headers = { 'content-type': sent?.headers?.['content-type'] ?? '' };
  const answer = new Response(Buffer.from(sent?.body ?? ''), { headers });
  if (headers['content-type'] === 'application/json')
    return z.record(z.string(), z.unknown()).parse(await answer.json());
  return Object.fromEntries((await answer.formData()).entries());
};

describe('what is sent as JSON', () => {
  it('by default: a data URI, seconds as a text, pixels and the aspect ratio beside them', async () => {
    const sent = await order();
    expect(sent).toMatchObject({
      url: `${RELAY}/v1/video/generations`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    });
    expect(JSON.parse(String(sent?.body))).toEqual({
      model: MODEL,
      prompt: 'A slow walk',
      aspect_ratio: '16:9',
      size: '1280x720',
      images: ['data:image/png;base64,AAAA'],
      seconds: '8',
    });
  });

  it.each([
    [{ imageEncoding: 'base64' }, { images: ['AAAA'] }],
    [{ imageEncoding: 'url' }, { images: [FRAME_URL] }],
    [{ durationField: 'duration' }, { duration: 8 }],
    [{ durationType: 'number' }, { seconds: 8 }],
    [{ durationField: 'duration', durationType: 'string' }, { duration: '8' }],
    [{ sizeStyle: 'name' }, { size: '720p', aspect_ratio: '16:9' }],
  ])('with the options %j', async (options, fields) => {
    const body = await bodyOf({}, { options });
    expect(body).toMatchObject(fields);
    expect(Object.keys(body)).toHaveLength(6);
  });

  it.each([
    ['720p', '16:9', '1280x720'],
    ['720p', '9:16', '720x1280'],
    ['1080p', '16:9', '1920x1080'],
    ['1080p', '9:16', '1080x1920'],
    ['4k', '16:9', '3840x2160'],
    ['4k', '9:16', '2160x3840'],
  ])('%s at %s is %s', async (resolution, aspectRatio, size) => {
    expect(await bodyOf({ resolution, aspectRatio })).toMatchObject({ size, aspect_ratio: aspectRatio });
  });

  it('the frame is signed for a URL only, and read for the rest', async () => {
    const fail = () => Promise.reject(new Error('not this way'));
    await order({ startFrame: { ...frame(), url: fail } });
    await order({ startFrame: { ...frame(), url: fail } }, FORM);
    await order({ startFrame: { ...frame(), read: fail } }, { options: { imageEncoding: 'url' } });
  });

  it('an address of the frame stands in no error, whatever it looks like', async () => {
    const body = { message: 'cannot fetch https://frames/private' };
    const { submit } = provider({ status: 400, body }, { options: { imageEncoding: 'url' } });
    const request = videoRequest({ model: MODEL, startFrame: frame('https://frames/private') });
    expect((await providerErrorOf(submit(request))).message).toContain('cannot fetch [hidden]');
  });
});

describe('a video of a text', () => {
  it.each([
    [{}, '/v1/video/generations', { seconds: '8', is_rec: true }],
    [
      { imageEncoding: 'url', durationField: 'duration' },
      '/v1/video/generations',
      { duration: 8, is_rec: true },
    ],
    [FORM.options, '/v1/videos', { seconds: '8', is_rec: 'true' }],
  ])('with %j goes to %s without a word of a picture', async (options, path, fields) => {
    const { submit, sent } = provider({ body: fixture('submitted-seed') }, { options });
    await submit(textRequest({ model: MODEL, extra: { is_rec: true } }));
    expect(sent[0]?.url).toBe(`${RELAY}${path}`);
    expect(await fieldsOf(sent[0])).toEqual({
      model: MODEL,
      prompt: 'A slow walk',
      aspect_ratio: '16:9',
      size: '1280x720',
      ...fields,
    });
  });
});

describe('what is sent as a form', () => {
  it('is read by others as what it is', async () => {
    const startFrame = {
      ...frame(),
      mimeType: 'image/jpeg',
      read: async () => new Uint8Array([0, 13, 10, 45, 45, 255]),
    };
    const prompt = 'ünï "quoted"\r\n--startframe\r\n😀';
    const extra = { 'audio "type"\r\n': 'speech\r\n--x' };
    const sent = await order({ startFrame, prompt, aspectRatio: '9:16', extra }, FORM);
    expect(sent?.url).toBe(`${RELAY}/v1/videos`);
    expect(sent?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, accept: 'application/json' });
    const { input_reference: file, ...fields } = await fieldsOf(sent);
    expect(fields).toEqual({
      model: MODEL,
      prompt,
      aspect_ratio: '9:16',
      size: '720x1280',
      seconds: '8',
      ...extra,
    });
    if (!(file instanceof File)) throw new Error('no file');
    expect({ name: file.name, type: file.type }).toEqual({ name: 'start-frame.jpg', type: 'image/jpeg' });
    expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([0, 13, 10, 45, 45, 255]);
  });
});

describe('what cannot be sent is a free refusal that says why', () => {
  it.each([
    [{ enhancePrompt: true }, 'enhancePrompt cannot be used: openai-video has no such parameter'],
    [{ enableUpsample: false }, 'enableUpsample cannot be used: openai-video has no such parameter'],
    // As 16:9 it would be another video than the one that was asked for.
    [{ aspectRatio: '1:1' }, '720p at 1:1 cannot be written in pixels'],
    [{ resolution: '480p' }, '480p at 16:9 cannot be written in pixels'],
  ])('%j', async (request, message) => {
    const { assertSendable, submit, sent } = provider({ body: fixture('submitted-seed') });
    const error = await providerErrorOf(submit(videoRequest({ model: MODEL, ...request })));
    expect(() => assertSendable(videoRequest({ model: MODEL, ...request }))).toThrow(message);
    expect(error).toMatchObject({ name: 'ProviderRejected', charged: 'no', retryable: false });
    expect(error.message).toBe(message);
    expect(sent).toEqual([]);
  });

  it.each([
    [{}, 14_900_000, 15_000_000, '20.0 MB as base64; openai-video takes requests of 20.0 MB, which hold'],
    [
      { submitForm: 'multipart' },
      19_990_000,
      20_000_000,
      'takes requests of 20.0 MB, picture and fields together',
    ],
    [{ imageEncoding: 'url' }, 50_000_000, 50_000_001, 'takes pictures of 50.0 MB'],
  ])('with %j a frame of %d bytes goes, one of %d does not', async (options, bytes, tooMany, words) => {
    await order({ startFrame: { ...frame(), bytes } }, { options });
    const { assertSendable, submit, sent } = provider({ body: fixture('submitted-seed') }, { options });
    const request = videoRequest({ model: MODEL, startFrame: { ...frame(), bytes: tooMany } });
    const error = await providerErrorOf(submit(request));
    expect(() => assertSendable(request)).toThrow(error.message);
    expect(error).toMatchObject({ name: 'ProviderRejected', charged: 'no', retryable: false });
    expect(error.message).toContain(words);
    expect(sent).toEqual([]);
  });
});

describe('the task', () => {
  const submit = (body: unknown) => provider({ body }).submit(videoRequest({ model: MODEL }));

  it.each([
    [{ task_id: 'a', id: 'b' }, 'a'],
    [{ task_id: '', id: 'b' }, 'b'],
    [{ task_id: null, id: 7 }, '7'],
    [{ code: 'success', data: { task_id: 'a' } }, 'a'],
    [{ code: 0, data: [{ id: 'a' }] }, 'a'],
    [{ task_id: 'a', status: 'failed', error: { message: 'x' } }, 'a'],
  ])('of %j is %s', async (body, id) => expect(await submit(body)).toEqual({ id }));

  it.each([{ task_id: '..' }, { id: ' ' }, { status: 'queued' }, { code: 'success', data: null }])(
    '%j cannot be asked for, and may have cost',
    async (body) => {
      expect(await providerErrorOf(submit(body))).toMatchObject({
        name: 'ProviderAnswerUnreadable',
        charged: 'unknown',
      });
    },
  );

  it('an id beside an error is quoted, for whoever looks whether it runs', async () => {
    const error = await providerErrorOf(
      submit({ code: 'upstream_error', message: 'oops', data: { id: 'a1' } }),
    );
    expect(error).toMatchObject({ charged: 'unknown', message: expect.stringContaining('oops (task a1)') });
  });

  it.each<[Record<string, string>, string]>([
    [{}, '/v1/video/generations/'],
    [{ submitForm: 'multipart' }, '/v1/videos/'],
    [{ pollPath: 'videos' }, '/v1/videos/'],
    [{ submitForm: 'multipart', pollPath: 'generations' }, '/v1/video/generations/'],
  ])('with %j is asked for at %s, by an id that cannot leave the path', async (options, path) => {
    const pollBaseUrl = 'https://api.relay.test/x';
    const { check, sent } = provider({ body: fixture('1-processing') }, { pollBaseUrl, options });
    await check({ id: 'a/../b?c ä' });
    expect(sent[0]?.url).toBe(`${pollBaseUrl}${path}a%2F..%2Fb%3Fc%20%C3%A4`);
  });
});

describe('the status of a check', () => {
  const done = { state: 'succeeded', outputs: [{ url: VIDEO }] };
  const failed = (reason: string) => ({ state: 'failed', reason, charged: 'unknown' });
  it.each<[string, unknown]>([
    ['submitted-seed', { state: 'queued' }],
    ['1-queued', { state: 'queued' }],
    ['1-processing', { state: 'running' }],
    ['1-succeeded', done],
    ['1-failed', failed('The video could not be generated')],
    ['1-several', { ...done, outputs: [...done.outputs, { url: VIDEO.replace('.mp4', '-2.mp4') }] }],
    ['1-expired', { state: 'expired', reason: 'Not finished in 48h, cancelled with refund' }],
    ['1-inline', { state: 'succeeded', outputs: [{ url: 'data:video/mp4;base64,AAAAIGZ0eXA=' }] }],
    ['2-not-start', { state: 'queued' }],
    ['2-submitted', { state: 'queued' }],
    ['2-in-progress', { state: 'running', progress: 30 }],
    ['2-success', done],
    ['2-success-older', done],
    ['2-failure', failed('upstream: internal error')],
    ['2-unknown', { state: 'unknown', word: 'UNKNOWN' }],
    ['3-queued', { state: 'queued' }],
    ['3-processing', { state: 'running' }],
    ['3-succeeded', done],
    ['3-succeeded-empty', { state: 'empty', reason: 'the provider says "succeeded", and gives no reason' }],
    [
      '3-succeeded-lie',
      {
        state: 'filtered',
        reason: 'no video in the response: the prompt was blocked due to safety settings',
        charged: 'unknown',
      },
    ],
    ['3-failed', failed('Internal error encountered.')],
    ['4-queued', { state: 'queued' }],
    ['4-in-progress', { state: 'running', progress: 50 }],
    ['4-completed', { state: 'succeeded', outputs: [CONTENT] }],
    ['4-completed-url', done],
    [
      '4-cancelled',
      {
        state: 'cancelled',
        reason: 'the provider says "cancelled", and gives no reason',
        charged: 'unknown',
      },
    ],
    ['4-failed', failed('the provider says "failed", and gives no reason')],
    [
      '4-failed-filtered',
      {
        state: 'filtered',
        reason: 'Your request was blocked by our moderation system.',
        charged: 'unknown',
      },
    ],
  ])('%s', async (name, status) => expect(await check(fixture(name))).toEqual(status));

  const of = (fields: object) => ({ task_id: ID, status: 'succeeded', ...fields });
  it.each<[object, unknown]>([
    [{ url: [VIDEO, 'https://cdn.test/b.mp4'] }, [{ url: VIDEO }, { url: 'https://cdn.test/b.mp4' }]],
    [{ url: '', video_url: VIDEO }, [{ url: VIDEO }]],
    [{ url: 'the task failed', result_url: VIDEO }, [{ url: VIDEO }]],
    [{ url: VIDEO, result_url: VIDEO }, [{ url: VIDEO }]],
    [{ url: `${RELAY}/files/x.mp4?sig=1` }, [{ url: `${RELAY}/files/x.mp4?sig=1` }]],
    [{ url: 'https://evil.test/v1/videos/x/content' }, [{ url: 'https://evil.test/v1/videos/x/content' }]],
    [
      { url: `${RELAY}/v1/videos/x/content` },
      [{ url: `${RELAY}/v1/videos/x/content`, needsKey: true, isUnconfirmed: true }],
    ],
    [{ url: `${RELAY}/v1/videos/x/file.mp4` }, [{ url: `${RELAY}/v1/videos/x/file.mp4`, needsKey: true }]],
    [{ url: `http://localhost:3000/v1/videos/${ID}/content` }, [CONTENT]],
    [{ url: 'http://files.test/content' }, [{ url: 'http://files.test/content' }]],
    [
      { url: 'http://localhost:3000/v1/videos/x/content' },
      [{ url: 'http://localhost:3000/v1/videos/x/content' }],
    ],
    [
      { url: `https://evil.test/v1/videos/${ID}/content` },
      [{ url: `https://evil.test/v1/videos/${ID}/content` }],
    ],
  ])('a video in %j', async (fields, outputs) => {
    expect(await check(of(fields))).toEqual({ state: 'succeeded', outputs });
    expect(await check({ code: 'success', data: of(fields) })).toEqual({ state: 'succeeded', outputs });
  });

  it.each<[object, object]>([
    [{ url: 'upstream timeout' }, { state: 'empty', reason: 'upstream timeout' }],
    [{ result_url: 'no capacity' }, { state: 'empty', reason: 'no capacity' }],
    [
      { object: 'video', url: 'no capacity' },
      { state: 'empty', reason: 'no capacity' },
    ],
    [
      { object: 'video', error: { message: 'oops' } },
      { state: 'empty', reason: 'oops' },
    ],
    [{ url: 'data:text/html;base64,AAAA' }, { state: 'empty', reason: 'data:[hidden]' }],
    [{ error: { code: 'content_policy_violation' } }, { state: 'filtered' }],
    [{ status: 'failed', error: { code: 'moderation_blocked', message: 'no' } }, { state: 'filtered' }],
    [
      { status: 'failed', error: 'out of memory' },
      { state: 'failed', reason: 'out of memory' },
    ],
    [{ status: 'cancelled' }, { state: 'cancelled' }],
    [{ status: 'cancelled', error: 'Off-peak: cancelled with refund' }, { charged: 'no' }],
    [{ status: 'failed', error: 'It failed. Credits were refunded.' }, { charged: 'no' }],
    [{ status: 'failed', error: 'It failed and cannot be refunded.' }, { charged: 'unknown' }],
    [{ status: 'expired' }, { state: 'expired' }],
    [{ status: 'in_progress', url: VIDEO }, { state: 'running' }],
    [{ status: 'warming-up' }, { state: 'unknown', word: 'warming-up' }],
    [{ status: null, url: VIDEO }, { state: 'unknown' }],
  ])('%j', async (fields, status) => expect(await check(of(fields))).toMatchObject(status));

  it('the content is asked for by our id, whatever the answer calls the task', async () => {
    const pollBaseUrl = 'https://api.relay.test';
    expect(await check(fixture('4-completed'), { pollBaseUrl }, 'a/b')).toEqual({
      state: 'succeeded',
      outputs: [
        { url: 'https://api.relay.test/v1/videos/a%2Fb/content', needsKey: true, isUnconfirmed: true },
      ],
    });
  });

  it.each([
    [50, 50],
    ['50%', 50],
    ['12.5 %', 12.5],
    ['7', 7],
    ['150%', undefined],
    ['soon', undefined],
    [-1, undefined],
    [null, undefined],
    [{}, undefined],
  ])('progress %j is %s', async (progress, percent) => {
    const status = await check(of({ status: 'processing', progress }));
    expect(status).toEqual({ state: 'running', ...(percent !== undefined && { progress: percent }) });
  });
});

describe('errors as relays say them', () => {
  const submit = (status: number, body: unknown) =>
    providerErrorOf(provider({ status, body }).submit(videoRequest({ model: MODEL })));

  it.each([
    [503, 'error-model-not-found', 'ModelRetired'],
    [403, 'error-quota', 'ProviderBalanceTooLow'],
    [200, 'error-quota', 'ProviderBalanceTooLow'],
    [400, 'error-litellm', 'ProviderRejected'],
    [200, 'error-litellm', 'ProviderRejected'],
  ])('%d %s → %s, free', async (status, name, error) => {
    expect(await submit(status, fixture(name))).toMatchObject({ name: error, charged: 'no' });
  });

  it.each([
    [
      { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } },
      'ProviderQuotaExhausted',
    ],
    [{ error: { code: 'rate_limit_exceeded', message: 'Rate limit reached' } }, 'ProviderThrottled'],
    [{ error: { code: 'moderation_blocked', message: 'no' } }, 'ProviderFilteredRequest'],
  ])('429 %j → %s', async (body, name) => expect(await submit(429, body)).toMatchObject({ name }));

  it('a 500 in plain text may have cost', async () => {
    expect(await submit(500, 'Internal Server Error')).toMatchObject({ charged: 'unknown' });
  });

  it.each([400, 200])('an unknown task, under %d', async (status) => {
    const { check } = provider({ status, body: fixture('error-task-not-exist') });
    expect((await providerErrorOf(check({ id: ID }))).name).toBe('TaskNotFound');
  });
});

describe('a cancel', () => {
  const cancelling = (
    method: string,
    replies: Reply | readonly Reply[],
    path = '/v1/video/generations/{id}/cancel',
  ) => provider(replies, { pollBaseUrl: 'https://api.relay.test/x', options: { cancel: { method, path } } });

  it('is there only where the settings have one', () => {
    expect(provider({}).cancel).toBeUndefined();
    expect(cancelling('POST', {}).cancel).toBeInstanceOf(Function);
    const endpoint = { dialect: 'openai-video', submitBaseUrl: 'https://api.relay.test' } as const;
    const cancel = { method: 'POST', path: '/v1/videos/{id}/cancel' };
    expect(canCancel({ ...endpoint, options: { cancel } })).toBe(true);
    expect(canCancel({ ...endpoint, options: {} })).toBe(false);
  });

  it.each([
    ['POST', { headers: { 'content-type': 'application/json' }, body: '{}' }],
    ['DELETE', { headers: {} }],
  ])(
    'by %s is one call to the poll base, with the key, by an id that cannot leave its path',
    async (method, more) => {
      const { cancel, sent } = cancelling(method, { status: 204, body: new Uint8Array() });
      await cancel?.({ id: 'a/../b?c $&', resultUrl: 'https://elsewhere.test' });
      expect(sent).toEqual([
        {
          method,
          url: 'https://api.relay.test/x/v1/video/generations/a%2F..%2Fb%3Fc%20%24%26/cancel',
          timeoutMs: 20_000,
          maxBytes: expect.any(Number),
          ...more,
          headers: { accept: 'application/json', authorization: `Bearer ${KEY}`, ...more.headers },
        },
      ]);
    },
  );

  it.each([{}, { id: ID, status: 'cancelled' }, { code: 'success', data: null }])(
    'answered with %j is none of a verdict',
    async (body) => expect(await cancelling('DELETE', { body }).cancel?.({ id: ID })).toBeUndefined(),
  );

  it.each<[number, unknown, string]>([
    [400, fixture('error-task-not-exist'), 'TaskNotFound'],
    [200, fixture('error-task-not-exist'), 'TaskNotFound'],
    [401, '', 'ProviderUnauthorized'],
    [404, '', 'TaskNotFound'],
    [405, '', 'ProviderRejected'],
    [409, { error: { message: 'It is finished' } }, 'ProviderRejected'],
    [429, '', 'ProviderThrottled'],
    [500, '', 'ProviderUnavailable'],
    [200, '<html>', 'ProviderAnswerUnreadable'],
    [302, '', 'ProviderUnavailable'],
  ])('answered %d %j → %s, worth repeating', async (status, body, name) => {
    const { cancel, sent } = cancelling('POST', { status, body: body === '' ? new Uint8Array() : body });
    const error = await providerErrorOf(Promise.resolve(cancel?.({ id: ID })));
    expect(error).toMatchObject({ name, retryable: true, charged: 'unknown' });
    expect(sent).toHaveLength(1);
  });
});

it('the headers of a download are the key', async () => {
  expect(await provider({}).downloadHeaders?.()).toEqual({ authorization: `Bearer ${KEY}` });
});
