import fc from 'fast-check';
import { isPublicAddress } from '../../../../core/providers/address-policy.ts';

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
