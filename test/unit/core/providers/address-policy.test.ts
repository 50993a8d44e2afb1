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

describe('isPublicAddress', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.1',
    '223.255.255.255',
  ])('%s is public', (ip) => expect(isPublicAddress(ip)).toBe(true));

  it.each([
    '2600:1f18::1',
    '2a00:1450:4001:82b::200e',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2001:4860:4860::8888',
  ])('%s is public', (ip) => expect(isPublicAddress(ip)).toBe(true));

  it.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.255.255.255'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['carrier NAT', '100.64.0.1'],
    ['carrier NAT', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['metadata', '169.254.169.254'],
    ['ECS credentials', '169.254.170.2'],
    ['Azure', '168.63.129.16'],
    ['IETF protocols', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['6to4 relay', '192.88.99.1'],
    ['benchmarking', '198.19.255.255'],
    ['multicast', '224.0.0.1'],
    ['multicast', '239.255.255.250'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback in full', '0:0:0:0:0:0:0:1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped in hexadecimal', '::ffff:7f00:1'],
    ['mapped metadata', '::FFFF:169.254.169.254'],
    ['compatible', '::127.0.0.1'],
    ['translated', '::ffff:0:127.0.0.1'],
    ['NAT64 of a private address', '64:ff9b::10.0.0.1'],
    ['NAT64, local', '64:ff9b:1::1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['segment routing', '5f00::1'],
    ['discard', '100::1'],
    ['unique-local', 'fd00:ec2::254'],
    ['unique-local', 'fc00::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['public with a zone', '2600:1f18::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['nothing', ''],
    ['no address', 'example.com'],
    ['half an address', '127.1'],
  ])('%s %s is not', (_what, ip) => expect(isPublicAddress(ip)).toBe(false));

  // The ranges once more, by arithmetic: the code asks Node's BlockList.
  const SPECIAL = [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '168.63.129.16/32',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/3',
  ];
  const numberOf = (octets: readonly number[]): bigint =>
    octets.reduce((number, octet) => number * 256n + BigInt(octet), 0n);
  const isInside = (address: bigint, base: bigint, hostBits: bigint): boolean =>
    address >> hostBits === base >> hostBits;

  it('agrees with arithmetic on every IPv4 address, by itself and embedded', () => {
    const isSpecial = (address: bigint): boolean =>
      SPECIAL.some((range) => {
        const [ip = '', bits = ''] = range.split('/');
        return isInside(address, numberOf(ip.split('.').map(Number)), 32n - BigInt(bits));
      });
    const nearSpecial = fc.constantFrom(
      0,
      9,
      10,
      11,
      100,
      126,
      127,
      128,
      168,
      169,
      172,
      192,
      198,
      203,
      224,
      255,
    );
    const octet = fc.nat(255);
    fc.assert(
      fc.property(fc.tuple(fc.oneof(nearSpecial, octet), octet, octet, octet), (octets) => {
        const ip = octets.join('.');
        const isPublic = !isSpecial(numberOf(octets));
        expect(isPublicAddress(ip)).toBe(isPublic);
        expect(isPublicAddress(`::ffff:${ip}`)).toBe(isPublic);
        expect(isPublicAddress(`64:ff9b::${ip}`)).toBe(isPublic);
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with arithmetic on every other IPv6 address', () => {
    const near = fc.constantFrom(0x1fff, 0x2000, 0x2001, 0x2002, 0x2003, 0x3ffe, 0x3fff, 0x4000, 0xfe80);
    const second = fc.constantFrom(0, 0x1ff, 0x200, 0xdb7, 0xdb8, 0xdb9, 0xfff, 0x1000);
    const group = fc.nat(0xffff);
    const others = fc.array(group, { minLength: 6, maxLength: 6 });
    const address = fc.tuple(fc.oneof(near, group), fc.oneof(second, group), others);
    const topBits = (base: number, next: number): bigint => BigInt(base) * 65_536n + BigInt(next);
    fc.assert(
      fc.property(address, ([first, next, rest]) => {
        const groups = [first, next, ...rest];
        const top = topBits(first, next);
        const isSpecial =
          isInside(top, topBits(0x2001, 0), 9n) || // 2001::/23
          isInside(top, topBits(0x2001, 0xdb8), 0n) ||
          isInside(top, topBits(0x2002, 0), 16n) ||
          isInside(top, topBits(0x3fff, 0), 12n);
        const isPublic = isInside(top, topBits(0x2000, 0), 29n) && !isSpecial;
        expect(isPublicAddress(groups.map((each) => each.toString(16)).join(':'))).toBe(isPublic);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()),
        (ip) => typeof isPublicAddress(ip) === 'boolean',
      ),
    );
  });
});

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
