import { inspect } from 'node:util';
import fc from 'fast-check';
import {
  MAX_WORDS,
  quote,
  redact,
  redactError,
  withoutQuery,
} from '../../../../../core/providers/http/redact.ts';
import { FRAME_URL, KEY, SECRETS } from '../dialects/context.ts';

it('a secret at the place where a very long text is cut is no half secret afterwards', () => {
  const secret = 'marigold and teapot';
  for (const length of [19_985, 19_990, 19_995])
    expect(redact(`${'x'.repeat(length)}${secret}`, [secret])).not.toContain('marig');
});

it.each([
  ['Incorrect API key provided: sk-abcd****wxyz.', 'abcd'],
  ['Authorization: Bearer abc.def.ghi is wrong', 'abc.def'],
  ['{"authorization":"bearer  tok_1234"}', 'tok_1234'],
  ['x-goog-api-key: AIzaSyA1234567890abcdefghij', 'AIzaSy'],
  ['api_key=0123456789abcdef', '0123456789'],
  ['"access_token": "0123456789abcdef"', '0123456789'],
  ['at https://b.s3.amazonaws.com/k.png?X-Amz-Signature=f00f&x=1, sorry', 'f00f'],
  ['at <a href="https://h/p?sig=f00f">', 'f00f'],
  ['https:\\/\\/h\\/p?X-Amz-Signature=f00f', 'f00f'],
  ['redirect=https%3A%2F%2Fh%2Fp%3FX-Amz-Signature%3Df00f', 'f00f'],
  ['X-Amz-Security-Token: IQoJb3JpZ2luX2VjE', 'IQoJ'],
  ['{"X-Amz-Signature":"f00f"}', 'f00f'],
  ['h/p?token=f00f', 'f00f'],
  ['https://h/p?f00f', 'f00f'],
  ['https://h/p#access_token=f00f', 'f00f'],
  ['https://user:f00fpass@h/p', 'f00f'],
  ['key AKIAIOSFODNN7EXAMPLE', 'IOSFODNN'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc', 'eyJzdWI'],
  ['data:image/png;base64,iVBORw0KGgo=', 'iVBORw'],
])('hides the secret in %s', (text, secret) => {
  expect(redact(text)).not.toContain(secret);
  expect(redact(text)).toContain('[hidden]');
});

it.each([
  'task-not-found: is the id right?',
  'Content blocked due to safety concerns',
  'Rate limit exceeded, 10 requests per minute; retry in 22s',
  'see https://docs.example.com/errors/429 for more',
  '用户额度不足, 剩余额度: ＄0.00',
])('leaves %s as it is', (text) => expect(redact(text)).toBe(text));

it('turns control and invisible characters into spaces, and lone surrogates into something JSON can hold', () => {
  expect(redact('a\u0000\u001b[31mb\r\n\tc\u202Ed\u200B')).toBe('a [31mb c d');
  expect(redact('a\ud800b').isWellFormed()).toBe(true);
});

it('cuts after hiding, so that no part of a secret is left', () => {
  expect(quote(`${'x'.repeat(MAX_WORDS - 5)}${KEY}`, [KEY])).not.toContain(KEY.slice(0, 4));
  expect(quote('x'.repeat(1_000))).toHaveLength(MAX_WORDS);
});

it('a place is origin and path', () => {
  expect(withoutQuery(FRAME_URL)).toBe('https://frames.s3.eu-central-1.amazonaws.com/in/a.png');
  expect(withoutQuery('no url?secret')).toBe('an address that is no URL');
});

const around = fc.oneof(fc.string(), fc.constantFrom('', '"', '?', '&', 'Bearer ', 'https://h/?a=', '\\n'));

it('no text around it brings a known secret out, in any of the ways it is written', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/=_ "\\-]{8,60}$/).filter((key) => key.trim() === key);
  const written = fc.constantFrom(
    (key: string) => key,
    (key: string) => encodeURIComponent(key),
    (key: string) => JSON.stringify(key).slice(1, -1),
  );
  fc.assert(
    fc.property(around, secret, written, around, (before, key, write, after) => {
      const text = redact(`${before}${write(key)}${after}`, [key]);
      expect(text).not.toContain(key);
      expect(text).not.toContain(write(key));
    }),
  );
});

it('no text around it brings a presigned URL or an sk- key out, unknown as they are', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const text = redact(`${before} ${FRAME_URL} ${after}${FRAME_URL} ${KEY}${after}`);
      for (const secret of SECRETS) expect(text).not.toContain(secret);
    }),
  );
});

it('takes no longer for a hostile text than for another', () => {
  for (const unit of ['?', 'sk-', 'x-amz-', '://', 'bearer ', 'data:', '"', 'api_key ', 'eyJ', '<', 'a@']) {
    const startedAt = performance.now();
    redact(unit.repeat(1_000_000 / unit.length), [KEY]);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  }
});

describe('redactError', () => {
  it('keeps name, code and causes, and nothing that hangs on them', () => {
    const inner = Object.assign(new Error(`connect to ${FRAME_URL}`), {
      code: 'ECONNRESET',
      request: { KEY },
    });
    const copy = redactError(new TypeError(`fetch failed with ${KEY}`, { cause: inner }), [KEY]);
    expect(copy).toMatchObject({ name: 'TypeError', cause: { code: 'ECONNRESET' } });
    const shown = inspect(copy, { depth: 9, showHidden: true });
    for (const secret of SECRETS) expect(shown).not.toContain(secret);
    expect(copy.cause).not.toHaveProperty('request');
  });

  it('takes anything that can be thrown, and causes in a circle', () => {
    const circular = new Error('a');
    circular.cause = circular;
    for (const thrown of [circular, undefined, null, 'text', 7, {}, Symbol('s'), Object.create(null)])
      expect(redactError(thrown)).toBeInstanceOf(Error);
  });
});
