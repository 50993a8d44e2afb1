import { readFileSync } from 'node:fs';
import { providerOf } from '../../../../../core/providers/registry.ts';
import { FRAME_URL, fakeProvider, KEY, providerErrorOf } from './context.ts';
import { check, fixture, ofData, submit, VIDEO } from './gptproto-builder.ts';

describe('the task of a submit', () => {
  const GET = 'https://gptproto.com/api/v3/predictions/xyz/result';

  it.each([
    ['seed-example', { id: 'abc' }],
    ['created', { id: 'abc' }],
    ['completed', { id: 'abc' }],
    ['failed', { id: 'abc' }],
    ['list-envelope', { id: 'abc' }],
    // Nothing but the id is kept of an answer that has the video already.
    ['created-sync', { id: 'abc' }],
  ])('%s', async (name, task) => expect(await submit(fixture(name))).toEqual(task));

  it('a number beyond 2^53 is not rounded', async () => {
    const text = readFileSync('test/fixtures/gptproto/bare.json', 'utf8');
    expect(await submit(text)).toEqual({ id: '9007199254740993123' });
    expect(await submit(ofData({ id: 12345 }))).toEqual({ id: '12345' });
  });

  it.each([
    ['an object', { get: GET }],
    ['a list', [{ get: GET }]],
    ['a list of texts', [GET]],
    ['a list with another origin first', [{ get: 'https://evil.test/x' }, { get: GET }]],
  ])('without an id, urls as %s', async (_what, urls) => {
    const task = await submit(ofData({ urls }));
    expect(task).toEqual({ id: '/api/v3/predictions/xyz/result', resultUrl: GET });
    const { context, sent } = fakeProvider({ body: fixture('processing') });
    await providerOf(context).check(task);
    expect(sent[0]?.url).toBe(GET);
  });

  it.each([
    ['nothing', ofData({})],
    ['no data', ofData(null)],
    ['an empty list', ofData([])],
    ['an empty id', ofData({ id: ' ' })],
    ['an id that is no path', ofData({ id: '..' })],
    ['an id of another kind', ofData({ id: { a: 1 } })],
    ['an address elsewhere', ofData({ urls: { get: 'https://evil.test/api/v3/predictions/xyz/result' } })],
    ['an address over http', ofData({ urls: { get: GET.replace('https', 'http') } })],
    ['a text', 'ok'],
    ['a list', [[[]]]],
  ])('%s is unreadable, and may have cost', async (_what, body) => {
    expect(await providerErrorOf(submit(JSON.stringify(body)))).toMatchObject({
      name: 'ProviderAnswerUnreadable',
      charged: 'unknown',
      retryable: false,
    });
  });

  it('a video without an id is unreadable, and the error says that there is one', async () => {
    const error = await providerErrorOf(submit(fixture('created-sync-without-id')));
    expect(error).toMatchObject({ name: 'ProviderAnswerUnreadable', charged: 'unknown' });
    expect(error.message).toContain('with a video, but without an id to ask for the video by');
    expect(error.message).not.toContain('oss.gptproto.com');
  });

  it('an address elsewhere in a record is not asked', async () => {
    const { context, sent } = fakeProvider({ body: fixture('processing') });
    await providerOf(context).check({ id: 'abc', resultUrl: 'https://evil.test/' });
    expect(sent[0]?.url).toBe('https://gptproto.com/api/v3/predictions/abc/result');
  });
});

describe('the status of a check', () => {
  it.each([
    ['created', { state: 'queued' }],
    ['processing', { state: 'running' }],
    ['completed', { state: 'succeeded', outputs: [{ url: VIDEO }] }],
    [
      'completed-flagged',
      { state: 'succeeded', outputs: [{ url: VIDEO }], notes: ['the provider flagged it as NSFW'] },
    ],
    [
      'completed-several',
      {
        state: 'succeeded',
        outputs: [{ url: VIDEO }, { url: VIDEO.replace('abc', 'abd') }],
        notes: ['the provider flagged it as NSFW'],
      },
    ],
    ['list-envelope', { state: 'succeeded', outputs: [{ url: VIDEO }] }],
    ['bare', { state: 'succeeded', outputs: [{ url: VIDEO }] }],
    ['seed-example', { state: 'empty', reason: 'the provider says "completed", and gives no reason' }],
    ['completed-empty', { state: 'empty', reason: 'the provider says "completed", and gives no reason' }],
    [
      'filtered-flagged',
      {
        state: 'filtered',
        reason: 'the provider says "completed" and flagged as NSFW, and gives no reason',
        charged: 'unknown',
      },
    ],
    [
      'filtered-words',
      { state: 'filtered', reason: 'Content blocked due to safety concerns', charged: 'unknown' },
    ],
    [
      'failed',
      {
        state: 'failed',
        reason: 'The image could not be fetched from https://bucket.s3.amazonaws.com/frame.png?[hidden]',
        charged: 'unknown',
      },
    ],
    [
      'canceled',
      {
        state: 'cancelled',
        reason: 'the provider says "canceled", and gives no reason',
        charged: 'unknown',
      },
    ],
    ['expired', { state: 'expired', reason: 'The prediction has expired' }],
    ['unknown-word', { state: 'unknown', word: 'warming-up' }],
  ])('%s', async (name, status) => expect(await check(fixture(name))).toEqual(status));

  const B = 'https://cdn.test/b.mp4';
  it.each<[string, unknown, readonly string[]]>([
    ['outputs, list of texts', { outputs: [VIDEO, B] }, [VIDEO, B]],
    ['outputs, text', { outputs: VIDEO }, [VIDEO]],
    ['outputs, objects', { outputs: [{ url: VIDEO }, { video_url: B }] }, [VIDEO, B]],
    ['output', { output: VIDEO }, [VIDEO]],
    ['output, object of an object', { output: { video: { url: VIDEO } } }, [VIDEO]],
    ['video_url', { video_url: VIDEO }, [VIDEO]],
    ['url', { url: VIDEO }, [VIDEO]],
    ['result', { result: [{ url: VIDEO }] }, [VIDEO]],
    ['the same twice', { outputs: [VIDEO, VIDEO], url: VIDEO }, [VIDEO]],
    ['one usable among others', { outputs: [null, 7, '', 'pending', {}, VIDEO] }, [VIDEO]],
    ['outputs empty, url there', { outputs: [], url: VIDEO }, [VIDEO]],
    ['over http', { url: 'http://cdn.test/a.mp4' }, ['http://cdn.test/a.mp4']],
  ])('outputs in %s', async (_what, fields, urls) => {
    const outputs = urls.map((url) => ({ url }));
    const data = { id: 'abc', status: 'Completed', ...Object(fields) };
    expect(await check(ofData(data))).toEqual({ state: 'succeeded', outputs });
    expect(await check(data)).toEqual({ state: 'succeeded', outputs });
    expect(await check(ofData([data]))).toEqual({ state: 'succeeded', outputs });
    expect(await check(ofData({ ...data, status: undefined }))).toEqual({ state: 'succeeded', outputs });
  });

  it.each([
    [{ outputs: ['generation failed: no capacity'] }, 'generation failed: no capacity'],
    [{ url: 'ftp://cdn.test/a.mp4' }, 'ftp://cdn.test/a.mp4'],
    [{ url: 'data:video/mp4;base64,AAAA' }, 'data:[hidden]'],
    [{ error: { message: 'no frames' } }, 'no frames'],
  ])('a field that holds no address is a reason: %j', async (fields, reason) => {
    expect(await check(ofData({ id: 'abc', status: 'succeeded', ...fields }))).toEqual({
      state: 'empty',
      reason,
    });
  });

  it.each([
    [true, 'filtered'],
    [[true], 'filtered'],
    [[false, true], 'filtered'],
    [['true'], 'filtered'],
    [false, 'empty'],
    [[], 'empty'],
    [[false], 'empty'],
    [null, 'empty'],
    [{}, 'empty'],
  ])('has_nsfw_contents %j without outputs is %s', async (flags, state) => {
    const data = { id: 'abc', status: 'completed', outputs: [], has_nsfw_contents: flags };
    expect(await check(ofData(data))).toMatchObject({ state });
    const withOutput = await check(ofData({ ...data, outputs: [VIDEO] }));
    expect('notes' in withOutput).toBe(state === 'filtered');
  });

  it.each([
    [{ status: 'failed', error: 'NSFW content detected' }, 'filtered'],
    [{ status: 'failed', has_nsfw_contents: [true] }, 'filtered'],
    [{ status: 'rejected', error: { code: 1, message: 'violates our content policy' } }, 'filtered'],
    [{ status: 'failed', has_nsfw_contents: [true], outputs: [VIDEO] }, 'failed'],
    [{ status: 'failed', error: 'out of memory' }, 'failed'],
    [{ status: 'error' }, 'failed'],
    [{ status: 'expired' }, 'expired'],
    [{ status: 'requires_action' }, 'unknown'],
    [{ status: '' }, 'unknown'],
    [{ status: 7 }, 'unknown'],
    [{ id: 'abc' }, 'unknown'],
    [{ status: 'rendering', outputs: [VIDEO] }, 'unknown'],
    [{ status: 'processing', outputs: [VIDEO] }, 'running'],
  ])('%j is %s', async (data, state) => expect(await check(ofData(data))).toMatchObject({ state }));

  it('the key, a signed address or a control character stands in no reason and no word', async () => {
    const text = `${KEY}\u0007 ${FRAME_URL}`;
    for (const data of [
      { status: 'failed', error: text },
      { status: 'completed', url: text },
      { status: `odd ${text}` },
    ]) {
      const status = JSON.stringify(await check(ofData(data)));
      expect(status).not.toMatch(/canary|ca9a7700|\\u0007/);
    }
  });
});

describe("the envelope's own code", () => {
  it.each([
    [401, 'x', 'ProviderUnauthorized', 'no'],
    [403, 'Insufficient balance', 'ProviderBalanceTooLow', 'no'],
    ['403', 'Insufficient balance', 'ProviderBalanceTooLow', 'no'],
    [429, 'slow down', 'ProviderThrottled', 'no'],
    [400, 'Content blocked due to safety concerns', 'ProviderFilteredRequest', 'no'],
    [503, 'Content policy violation', 'ProviderFilteredRequest', 'no'],
    [503, 'overloaded', 'ProviderUnavailable', 'unknown'],
    [500, 'oops', 'ProviderUnavailable', 'unknown'],
    ['insufficient_user_quota', 'x', 'ProviderBalanceTooLow', 'no'],
    [1001, 'oops', 'ProviderUnavailable', 'unknown'],
    ['error', 'oops', 'ProviderUnavailable', 'unknown'],
    [0, 'oops', 'ProviderUnavailable', 'unknown'],
  ])('%s %s under HTTP 200: %s, charged %s', async (code, message, name, charged) => {
    expect(await providerErrorOf(submit({ code, message, data: null }))).toMatchObject({ name, charged });
    const error = await providerErrorOf(check({ code, message, data: null }));
    expect(error).toMatchObject({ name, charged: 'unknown', retryable: true });
  });

  it.each([200, '200', ' Success', 201, null, undefined])('%s is none', async (code) => {
    expect(await check({ ...fixture('completed'), code })).toMatchObject({ state: 'succeeded' });
  });

  it.each([404, 'task_not_exist', 1404])('%s on a check: no such task', async (code) => {
    const body = { code, message: 'The task does not exist', data: null };
    expect((await providerErrorOf(check(body))).name).toBe('TaskNotFound');
  });

  it('an id beside an error is quoted, for whoever looks whether it runs', async () => {
    const error = await providerErrorOf(submit({ ...fixture('created'), code: 500, message: 'oops' }));
    expect(error.message).toContain('oops (task abc)');
  });

  it('the recorded error', async () => {
    expect((await providerErrorOf(submit(fixture('error-balance')))).name).toBe('ProviderBalanceTooLow');
  });
});
