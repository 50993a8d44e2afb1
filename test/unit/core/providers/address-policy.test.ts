import fc from 'fast-check';
import { AddressRefused } from '../../../../core/kernel/errors.ts';
import {
  type AddressPolicy,
  checkUrl,
  isPublicAddress,
  ownOriginsOf,
} from '../../../../core/providers/address-policy.ts';

const OPEN: AddressPolicy = { privateOrigins: [] };
const isRefused = (url: string, policy = OPEN): boolean => {
  try {
    checkUrl(url, policy);
    return false;
  } catch (error) {
    if (!(error instanceof AddressRefused)) throw error;
    return true;
  }
};

describe('checkUrl', () => {
  it.each([
    'https://example.com/v.mp4?X-Amz-Signature=a',
    'https://8.8.8.8/v.mp4',
    'https://[2600:1f18::1]:8443/v.mp4',
    'https://example.com:443/',
    'https://localhost/', // a name: decided at connect
    'https://metadata.google.internal./',
  ])('%s may be called', (url) => expect(checkUrl(url, OPEN).href).toBe(new URL(url).href));

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '127.1',
    '127.0.1',
    '127.0.0.1.',
    '[::ffff:127.0.0.1]',
    '[::1]',
    '[::]',
    '0',
    '0.0.0.0',
    '①②⑦.⓪.⓪.①',
    '１２７.０.０.１',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '[64:ff9b::7f00:1]',
  ])('https://%s is refused', (host) => expect(isRefused(`https://${host}/`)).toBe(true));

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:video/mp4;base64,AAAA',
    'javascript:alert(1)',
    'gopher://example.com/',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://example.com:22/',
    'https://example.com:25/',
    'https://',
    '//example.com/',
    'example.com',
    '',
  ])('%s is refused', (url) => expect(isRefused(url)).toBe(true));

  it('http and private addresses are for the private origins only, port and all', () => {
    const policy = { privateOrigins: ['http://127.0.0.1:4010', 'http://gateway.internal'] };
    expect(isRefused('http://127.0.0.1:4010/v.mp4', policy)).toBe(false);
    expect(isRefused('http://gateway.internal/v.mp4', policy)).toBe(false);
    expect(isRefused('http://127.0.0.1:4011/v.mp4', policy)).toBe(true);
    expect(isRefused('https://127.0.0.1:4010/v.mp4', policy)).toBe(true);
    expect(isRefused('http://gateway.internal:8080/', policy)).toBe(true);
    expect(isRefused('http://example.com/', policy)).toBe(true);
    expect(isRefused('http://user@127.0.0.1:4010/', policy)).toBe(true);
  });

  it.each([
    ['https://files.example.com/v', false],
    ['https://files.example.com:443/v', false],
    ['https://files.example.com:8443/v', true],
    ['https://example.com/v', true],
    ['https://a.cdn.example.net/v', false],
    ['https://a.b.cdn.example.net/v', false],
    ['https://cdn.example.net/v', true],
    ['https://evilcdn.example.net/v', true],
    ['https://a.cdn.example.net.evil.com/v', true],
    ['http://a.cdn.example.net/v', true],
    ['https://odd.example.org:444/v', false],
    ['https://8.8.8.8/v', true],
  ])('with allowed origins %s: refused %s', (url, refused) => {
    const policy = {
      privateOrigins: [],
      allowedOrigins: [
        'https://files.example.com',
        'https://*.cdn.example.net',
        'https://odd.example.org:444',
      ],
    };
    expect(isRefused(url, policy)).toBe(refused);
  });

  it('allowed origins do not make a private address public', () => {
    const policy = { privateOrigins: [], allowedOrigins: ['https://10.0.0.1', 'http://files.example.com'] };
    expect(isRefused('https://10.0.0.1/', policy)).toBe(true);
    expect(isRefused('http://files.example.com/', policy)).toBe(true);
  });

  it('the error shows no query, no path, no credentials', () => {
    for (const url of [
      'https://user:pass@h/p?X-Amz-Signature=secret',
      'http://h/p?sig=secret',
      'x y?secret',
    ]) {
      try {
        checkUrl(url, OPEN);
      } catch (error) {
        expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/secret|pass/);
        expect(error).not.toHaveProperty('cause');
      }
    }
  });

  it('throws nothing but AddressRefused, and lets no IPv4 literal through that is not public', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.webUrl()), (url) => typeof isRefused(url) === 'boolean'));
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (number) => {
        const ip = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
        for (const host of [String(number), `0x${number.toString(16)}`, `0${number.toString(8)}`, ip])
          expect(isRefused(`https://${host}/`)).toBe(!isPublicAddress(ip));
      }),
    );
  });
});

it("a provider's own origins are those of its two bases", () => {
  const submitBaseUrl = 'https://gptproto.com/x';
  expect(ownOriginsOf({ submitBaseUrl })).toEqual(['https://gptproto.com']);
  expect(ownOriginsOf({ submitBaseUrl, pollBaseUrl: 'https://api.gptproto.com:8443' })).toEqual([
    'https://gptproto.com',
    'https://api.gptproto.com:8443',
  ]);
});
