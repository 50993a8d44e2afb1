import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import {
  derivedKey,
  keysOf,
  signedHeaders,
  TOLERANCE_SECONDS,
  verifiedMessage,
  writtenKey,
} from '../../../../core/webhooks/signature.ts';

const key = Buffer.alloc(32, 'a');
const other = Buffer.alloc(32, 'b');
const now = () => Math.floor(Date.now() / 1000);
const message = (body = '{"a":"ä"}') => ({ id: 'job1:3', timestamp: now(), body });

describe('what we send', () => {
  it('is believed by the public library, whatever the body', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const body = JSON.stringify(value);
        const headers = signedHeaders(message(body), [key]);
        expect(new Webhook(writtenKey(key)).verify(body, headers)).toEqual(JSON.parse(body));
      }),
    );
  });

  it('is believed by receivers that know the new key, and by those that know the one before', () => {
    const { body, ...rest } = message();
    const headers = signedHeaders({ body, ...rest }, [key, other]);
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    for (const known of [key, other])
      expect(() => new Webhook(writtenKey(known)).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(writtenKey(Buffer.alloc(32, 'c'))).verify(body, headers)).toThrow('signature');
  });

  it('agrees with the example of the specification', () => {
    const example = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    };
    const keys = keysOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(signedHeaders(example, keys)['webhook-signature']).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });
});

describe('what comes in', () => {
  const come = (changes: Record<string, string | undefined> = {}, body?: string, at = now()) => {
    const sent = message();
    const headers = { ...signedHeaders(sent, [key]), ...changes };
    return verifiedMessage(headers, body ?? sent.body, [key], at);
  };

  it('is believed when it was signed just now', () => expect(come()).toMatchObject({ id: 'job1:3' }));

  it('is believed as the public library signs it', () => {
    const at = new Date();
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': `v1a,x ${new Webhook(writtenKey(key)).sign('evt_1', at, '{}')}`,
    };
    expect(verifiedMessage(headers, '{}', [other, key], now())).toBeDefined();
    expect(verifiedMessage(headers, '{}', [other], now())).toBeUndefined();
    expect(verifiedMessage(headers, '{}', [], now())).toBeUndefined();
  });

  it.each<[string, ReturnType<typeof come>]>([
    ['another body', come({}, '{"a":"b"}')],
    ['another id', come({ 'webhook-id': 'job1:4' })],
    ['another time', come({ 'webhook-timestamp': String(now() - 1) })],
    ['the time written in another way', come({ 'webhook-timestamp': `0${now()}` })],
    ['no id', come({ 'webhook-id': undefined })],
    ['no signature', come({ 'webhook-signature': undefined })],
    ['an empty signature', come({ 'webhook-signature': 'v1,' })],
    ['an old one', come({}, undefined, now() + TOLERANCE_SECONDS + 2)],
    ['one of the future', come({}, undefined, now() - TOLERANCE_SECONDS - 2)],
    [
      'another version',
      come({ 'webhook-signature': signedHeaders(message(), [key])['webhook-signature'].replace('v1', 'v2') }),
    ],
  ])('is not believed: %s', (_, believed) => expect(believed).toBeUndefined());
});

describe('keys', () => {
  it('of owners differ, and are no key of the stage', () => {
    const keys = ['drop', '111122223333:role/Shop', 'stage', undefined].map((whose) =>
      writtenKey(derivedKey('secret', whose)),
    );
    expect(new Set(keys).size).toBe(4);
    expect(writtenKey(derivedKey('secret', 'drop'))).toBe(keys[0]);
    expect(writtenKey(derivedKey('changed', 'drop'))).not.toBe(keys[0]);
  });

  it('are read one or several, and nothing that is none', () => {
    expect(keysOf(`${writtenKey(key)}\n${key.toString('base64')} `)).toEqual([key, key]);
    expect(keysOf('')).toEqual([]);
    expect(keysOf('whsec_c2hvcnQ= not-a-key!')).toEqual([]);
  });
});
