import * as z from 'zod';
import type { HttpRequest } from '../../../../../core/providers/provider.ts';
import type { ProviderSettings } from '../../../../../core/settings.ts';
import { FRAME_URL, frame, KEY, providerErrorOf, textRequest, videoRequest } from './context.ts';
import { keepsTheContract } from './contract.ts';
import { FORM, fixture, ID, MODEL, provider, RELAY, settings, VIDEO } from './openai-video-builder.ts';

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

it('the headers of a download are the key', async () => {
  expect(await provider({}).downloadHeaders?.()).toEqual({ authorization: `Bearer ${KEY}` });
});
