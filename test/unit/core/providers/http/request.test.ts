import { AddressRefused, type ProviderErrorName, TransportError } from '../../../../../core/kernel/errors.ts';
import { askJson } from '../../../../../core/providers/http/request.ts';
import { retryAfterSecondsOf } from '../../../../../core/providers/http/retry-after.ts';
import { FRAME_URL, fakeProvider, KEY, providerErrorOf } from '../dialects/context.ts';
import { CHECK, failOf, RULES, SUBMIT } from './request-builder.ts';

const SAFETY = { code: 503, message: 'Content policy violation: content blocked due to safety concerns' };
const message = (text: string) => ({ error: { message: text, type: 'error' } });

type Row = [
  status: number,
  body: unknown,
  name: ProviderErrorName,
  charged: 'no' | 'unknown',
  retryable: boolean,
];

describe('submit: a row for each answer', () => {
  it.each<Row>([
    [301, '', 'ProviderUnavailable', 'unknown', false],
    [302, '', 'ProviderUnavailable', 'unknown', false],
    [304, '', 'ProviderUnavailable', 'unknown', false],
    [307, '', 'ProviderUnavailable', 'unknown', false],
    [400, { message: 'aspect_ratio is invalid' }, 'ProviderRejected', 'no', false],
    [400, SAFETY, 'ProviderFilteredRequest', 'no', false],
    [
      400,
      message('Your prompt was flagged by our moderation system'),
      'ProviderFilteredRequest',
      'no',
      false,
    ],
    [400, message('The input image violates our usage policies'), 'ProviderFilteredRequest', 'no', false],
    [400, message('model veo3 is no longer available'), 'ModelRetired', 'no', false],
    [400, message('not found model'), 'ModelRetired', 'no', false],
    [401, { message: 'Invalid API key' }, 'ProviderUnauthorized', 'no', false],
    [401, '', 'ProviderUnauthorized', 'no', false],
    [402, '', 'ProviderBalanceTooLow', 'no', false],
    [403, { message: 'Insufficient balance' }, 'ProviderBalanceTooLow', 'no', false],
    [
      403,
      { code: 'insufficient_user_quota', message: 'x', data: null },
      'ProviderBalanceTooLow',
      'no',
      false,
    ],
    [403, { message: 'No permission to access this resource' }, 'ProviderUnauthorized', 'no', false],
    [403, '<html>Forbidden</html>', 'ProviderUnauthorized', 'no', false],
    [404, message('This model is no longer available to new users'), 'ModelRetired', 'no', false],
    [404, message('models/veo-9 is not found for API version v1beta'), 'ModelRetired', 'no', false],
    [404, 'page not found', 'ProviderRejected', 'no', false],
    [405, '', 'ProviderRejected', 'no', false],
    [408, '', 'ProviderUnavailable', 'unknown', false],
    [409, '', 'ProviderRejected', 'no', false],
    [413, '<html>Request Entity Too Large</html>', 'ProviderRejected', 'no', false],
    [422, { detail: [{ msg: 'field required' }] }, 'ProviderRejected', 'no', false],
    [429, '', 'ProviderThrottled', 'no', true],
    [429, message('Rate limit exceeded: 10 requests per minute'), 'ProviderThrottled', 'no', true],
    [429, message('You exceeded your daily limit'), 'ProviderQuotaExhausted', 'no', false],
    [429, message('GenerateRequestsPerDayPerProject quota'), 'ProviderQuotaExhausted', 'no', false],
    [429, message('Monthly spend cap reached'), 'ProviderQuotaExhausted', 'no', false],
    [500, { message: 'Internal server error' }, 'ProviderUnavailable', 'unknown', false],
    [500, SAFETY, 'ProviderUnavailable', 'unknown', false],
    [502, '<html>Bad Gateway</html>', 'ProviderUnavailable', 'unknown', false],
    [503, '', 'ProviderUnavailable', 'unknown', false],
    [503, 'upstream connect error', 'ProviderUnavailable', 'unknown', false],
    [503, { message: 'The model is overloaded' }, 'ProviderUnavailable', 'unknown', false],
    [503, SAFETY, 'ProviderFilteredRequest', 'no', false],
    [503, 'Content blocked due to safety concerns', 'ProviderFilteredRequest', 'no', false],
    // None of these is the provider's judgement of the content.
    [503, { message: 'Content safety check service unavailable' }, 'ProviderUnavailable', 'unknown', false],
    [503, message('overloaded: a safety concern of mine'), 'ProviderUnavailable', 'unknown', false],
    [503, { request: { prompt: 'content policy' } }, 'ProviderUnavailable', 'unknown', false],
    [503, '<html>Blocked: content policy violation</html>', 'ProviderUnavailable', 'unknown', false],
    [
      503,
      { error: { code: 'model_not_found', message: 'No available channel' } },
      'ModelRetired',
      'no',
      false,
    ],
    [503, { error: { code: 'MODEL_NOT_FOUND' } }, 'ModelRetired', 'no', false],
    [503, { error: { code: 'constructor' } }, 'ProviderUnavailable', 'unknown', false],
    [504, '', 'ProviderUnavailable', 'unknown', false],
    [529, '', 'ProviderUnavailable', 'unknown', false],
    [200, '', 'ProviderAnswerUnreadable', 'unknown', false],
    [200, '<html>OK</html>', 'ProviderAnswerUnreadable', 'unknown', false],
    [200, '{"data":{"id":"a', 'ProviderAnswerUnreadable', 'unknown', false],
    [204, '', 'ProviderAnswerUnreadable', 'unknown', false],
  ])('%d %j → %s, charged %s, retryable %s', async (status, body, name, charged, retryable) => {
    expect(await failOf(SUBMIT, { status, body })).toMatchObject({ name, charged, retryable, status });
  });

  it.each<[Error, ProviderErrorName, 'no' | 'unknown', boolean]>([
    [new TransportError('connection refused', false), 'ProviderUnreachable', 'no', true],
    [new AddressRefused('not public'), 'ProviderUnreachable', 'no', false],
    [new TransportError('reset', true), 'ProviderUnavailable', 'unknown', false],
    [new TypeError('a client nobody has seen'), 'ProviderUnavailable', 'unknown', false],
  ])('%s → %s, charged %s, retryable %s', async (thrown, name, charged, retryable) => {
    expect(await failOf(SUBMIT, thrown)).toMatchObject({ name, charged, retryable, status: undefined });
  });

  it('a wrong key is not tried again, though there is a new one: that is another attempt', async () => {
    const { context, sent } = fakeProvider({ status: 401 }, { keys: ['old-key', 'new-key'] });
    await providerErrorOf(askJson(context, RULES, SUBMIT));
    expect(sent).toHaveLength(1);
  });
});

describe('check: always worth repeating, never a word about money', () => {
  it.each<[number, unknown, ProviderErrorName]>([
    [302, '', 'ProviderUnavailable'],
    [400, { message: 'bad' }, 'ProviderRejected'],
    [400, { code: 'task_not_exist', message: 'task_not_exist', data: null }, 'TaskNotFound'],
    [400, { message: 'Prediction abc not found' }, 'TaskNotFound'],
    [400, { message: 'Invalid request: unknown parameter' }, 'ProviderRejected'],
    [400, SAFETY, 'ProviderFilteredRequest'],
    [401, '', 'ProviderUnauthorized'],
    [402, '', 'ProviderBalanceTooLow'],
    [403, { message: 'Insufficient balance' }, 'ProviderBalanceTooLow'],
    [404, '', 'TaskNotFound'],
    [404, message('model is no longer available'), 'TaskNotFound'],
    [408, '', 'ProviderUnavailable'],
    [410, '', 'TaskNotFound'],
    [429, '', 'ProviderThrottled'],
    [429, message('daily limit'), 'ProviderQuotaExhausted'],
    [500, '', 'ProviderUnavailable'],
    [502, '<html>', 'ProviderUnavailable'],
    [503, '', 'ProviderUnavailable'],
    [503, SAFETY, 'ProviderFilteredRequest'],
    [200, '<html>', 'ProviderAnswerUnreadable'],
  ])('%d %j → %s', async (status, body, name) => {
    expect(await failOf(CHECK, { status, body })).toMatchObject({
      name,
      charged: 'unknown',
      retryable: true,
      status,
    });
  });

  it.each([
    new TransportError('x', false),
    new TransportError('x', true),
    new AddressRefused('x'),
    new Error('x'),
  ])('%s', async (thrown) => {
    expect(await failOf(CHECK, thrown)).toMatchObject({ charged: 'unknown', retryable: true });
  });

  it('a wrong key is read once more, and asked with once', async () => {
    const { context, sent } = fakeProvider([{ status: 401 }, { body: { fine: true } }], {
      keys: ['old-key', 'new-key'],
    });
    expect((await askJson(context, RULES, CHECK)).json).toEqual({ fine: true });
    expect(sent.map(({ headers }) => headers?.authorization)).toEqual(['old-key', 'new-key']);
  });

  it('a new key that is wrong too, the same key, and no key are the end of it', async () => {
    for (const keys of [[KEY, 'another-key', 'third-key'], [KEY]]) {
      const { context, sent } = fakeProvider({ status: 401, body: `${KEY} ${FRAME_URL}` }, { keys });
      expect((await providerErrorOf(askJson(context, RULES, CHECK))).name).toBe('ProviderUnauthorized');
      expect(sent).toHaveLength(keys.length === 1 ? 1 : 2);
    }
    const { context } = fakeProvider({ status: 401 });
    const key: typeof context.key = async (options) => {
      if (options?.fresh) throw new Error('the secret is away');
      return KEY;
    };
    expect((await providerErrorOf(askJson({ ...context, key }, RULES, CHECK))).name).toBe(
      'ProviderUnauthorized',
    );
  });
});

it('what goes wrong before anything is sent is thrown as it is', async () => {
  const { context, sent } = fakeProvider({});
  const trouble = new Error('no such secret');
  const key = () => Promise.reject(trouble);
  await expect(askJson({ ...context, key }, RULES, SUBMIT)).rejects.toBe(trouble);
  expect(sent).toEqual([]);
});

it('sends JSON with the key, a long deadline for a submit and a bound for the answer', async () => {
  const { context, sent } = fakeProvider({ body: {} });
  await askJson(context, RULES, SUBMIT);
  await askJson(context, RULES, CHECK);
  expect(sent[0]).toEqual({
    method: 'POST',
    url: SUBMIT.url,
    headers: { accept: 'application/json', 'content-type': 'application/json', authorization: KEY },
    body: JSON.stringify(SUBMIT.body),
    timeoutMs: 60_000,
    maxBytes: 1_000_000,
  });
  expect(sent[1]).not.toHaveProperty('body');
  expect(sent[1]?.timeoutMs).toBeLessThan(60_000);
});

describe('Retry-After', () => {
  const date = 'Sat, 21 Nov 2026 08:00:00 GMT';
  it.each([
    [{ 'retry-after': '30' }, 30],
    [{ 'retry-after': ' 1.2 ' }, 2],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '99999999' }, 86_400],
    [{ 'retry-after': 'Sat, 21 Nov 2026 08:01:30 GMT', date }, 90],
    [{ 'retry-after': 'Sat, 21 Nov 2026 07:00:00 GMT', date }, 0],
    [{ 'retry-after': 'Sat, 21 Nov 2026 08:01:30 GMT' }, undefined],
    [{ 'retry-after': 'soon', date }, undefined],
    [{ 'retry-after': '-5', date: 'x' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('%j → %s s', async (headers, seconds) => {
    expect(retryAfterSecondsOf(headers)).toBe(seconds);
    expect(await failOf(SUBMIT, { status: 429, headers })).toMatchObject({ retryAfterSeconds: seconds });
    expect(await failOf(CHECK, { status: 503, headers })).toMatchObject({ retryAfterSeconds: seconds });
  });
});
