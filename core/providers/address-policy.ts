import { BlockList, isIP, isIPv4 } from 'node:net';
import { AddressRefused } from '../kernel/errors.ts';
import type { Endpoint } from './endpoint.ts';

/** Which addresses may be called. Both lists hold origins as `URL.origin` writes them. */
export interface AddressPolicy {
  /** These, and only these, may be http or private: a provider's own base origins under `allowPrivateAddresses`. */
  readonly privateOrigins: readonly string[];
  /** When given, nothing else may be called: origins, or `https://*.example.com` for every host below it. */
  readonly allowedOrigins?: readonly string[];
}

/** The provider's own origins: where it is called, and where its key may go. */
export const ownOriginsOf = (
  settings: Pick<Endpoint, 'submitBaseUrl' | 'pollBaseUrl'>,
): readonly string[] => [
  ...new Set(
    [settings.submitBaseUrl, settings.pollBaseUrl ?? settings.submitBaseUrl]
      .filter((url) => URL.canParse(url))
      .map((url) => new URL(url).origin),
  ),
];

/**
 * Decides whether an address may be called; throws `AddressRefused`. The WHATWG parser has turned every spelling of an IPv4
 * address (2130706433, 0x7f.1, fullwidth digits) into the usual one by then. A name is not judged here: what it resolves to
 * is judged at connect, by `isPublicAddress`, unless its origin is in `privateOrigins`.
 */
export const checkUrl = (url: string | URL, policy: AddressPolicy): URL => {
  // Without the parser's error as cause: it holds the whole address, signature included.
  if (!URL.canParse(String(url))) throw new AddressRefused('refused: not a URL');
  const address = new URL(url);
  const { protocol, origin } = address;
  const refuse = (why: string): never => {
    throw new AddressRefused(`refused ${origin === 'null' ? protocol : origin}: ${why}`);
  };

  if (protocol !== 'https:' && protocol !== 'http:') refuse('only https is called');
  if (address.username !== '' || address.password !== '') refuse('the address holds credentials');
  if (policy.allowedOrigins && !policy.allowedOrigins.some((pattern) => matches(address, pattern)))
    refuse('not one of the origins allowed here');
  if (policy.privateOrigins.includes(origin)) return address;

  if (protocol !== 'https:') refuse('only https is called');
  const host = hostOf(address);
  if (isIP(host) !== 0 && !isPublicAddress(host)) refuse('not a public address');
  // Below 1024 live mail, shells and databases; an allowed origin says otherwise by naming the port.
  const isNamed = policy.allowedOrigins?.some((pattern) => pattern === origin) ?? false;
  if (address.port !== '' && Number(address.port) < 1024 && !isNamed) refuse('not a port for downloads');
  return address;
};

/** The host without the brackets of an IPv6 address. */
export const hostOf = (address: URL): string => address.hostname.replace(/^\[(.*)\]$/, '$1');

/** Whether an IP address (as `dns.lookup` or a URL writes it) is one of the public internet. Anything unclear is not. */
export const isPublicAddress = (ip: string): boolean => {
  if (isIPv4(ip)) return !special.check(ip, 'ipv4');
  if (isIP(ip) !== 6 || ip.includes('%')) return false; // a zone is a local matter
  return publicIPv6.check(ip, 'ipv6') && !special.check(ip, 'ipv6');
};

const matches = (address: URL, pattern: string): boolean => {
  const parent = pattern.replace('://*.', '://');
  if (!URL.canParse(parent)) return false;
  if (parent === pattern) return address.origin === new URL(pattern).origin;
  const { protocol, port, hostname } = new URL(parent);
  return address.protocol === protocol && address.port === port && address.hostname.endsWith(`.${hostname}`);
};

/**
 * IPv4 that is not globally reachable. Source: IANA IPv4 Special-Purpose Address Registry (RFC 6890, as of Nov 2026), multicast
 * and class E from RFC 5771 and RFC 1112.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier NAT; Alibaba's metadata is at 100.100.100.200
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's platform service: public in form, reachable only from inside
  '169.254.0.0/16', // link-local; the clouds' metadata is at 169.254.169.254, ECS credentials at 169.254.170.2
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocols; Oracle's metadata is at 192.0.0.192
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays, withdrawn
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
] as const;

/** What lies inside the public IPv6 and is not. Source: IANA IPv6 Special-Purpose Address Registry, as of Nov 2026. */
const SPECIAL_IPV6 = [
  '2001::/23', // IETF protocols: Teredo, benchmarking, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: an IPv4 address inside, any
  '3fff::/20', // documentation
] as const;

/** IPv6 that stands for an IPv4 address in its last 32 bits: mapped (RFC 4291), and NAT64 as DNS64 in a VPC answers (RFC 6052). */
const EMBEDDING = ['::ffff:', '64:ff9b::'] as const;

const blockListOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [ip = '', bits] = range.split('/');
    list.addSubnet(ip, Number(bits), isIPv4(ip) ? 'ipv4' : 'ipv6');
  }
  return list;
};

/** `10.0.0.0/8` as each prefix embeds it: `64:ff9b::10.0.0.0/104` */
const embedded = (range: string): readonly string[] => {
  const [ip, bits] = range.split('/');
  return EMBEDDING.map((prefix) => `${prefix}${ip}/${96 + Number(bits)}`);
};

const special = blockListOf([...SPECIAL_IPV4, ...SPECIAL_IPV4.flatMap(embedded), ...SPECIAL_IPV6]);

/** Global unicast is the only IPv6 that is public (RFC 4291): loopback, unique-local, link-local and multicast lie outside. */
const publicIPv6 = blockListOf(['2000::/3', ...embedded('0.0.0.0/0')]);
