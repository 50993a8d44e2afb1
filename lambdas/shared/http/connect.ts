import { type LookupAddress, lookup as resolveName } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AddressRefused, TransportError } from '../../../core/kernel/errors.ts';
import {
  type AddressPolicy,
  checkUrl,
  hostOf,
  isPublicAddress,
} from '../../../core/providers/address-policy.ts';
import { redactError } from '../../../core/providers/http/redact.ts';

export interface ConnectOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** How names are resolved; the system's way by default. */
  readonly lookup?: LookupFunction | undefined;
  /** The only certificate authority to trust; Node's own list by default. */
  readonly ca?: string | undefined;
}

/**
 * A connection that is ready to be written to, TLS included, with an address that the policy allows: literals by `checkUrl`,
 * names by what they resolve to. No byte of a request leaves before the connection stands, so an error here means: not sent.
 * Throws `AddressRefused`, or `TransportError` with `sent: false`.
 */
export const openConnection = (
  url: string | URL,
  policy: AddressPolicy,
  options: ConnectOptions,
): Promise<{ address: URL; socket: Socket }> =>
  new Promise((resolve, reject) => {
    const address = checkUrl(url, policy);
    const { signal, timeoutMs } = options;
    const isSecure = address.protocol === 'https:';
    const host = hostOf(address);
    const target = {
      host,
      port: Number(address.port) || (isSecure ? 443 : 80),
      lookup: policy.privateOrigins.includes(address.origin)
        ? (options.lookup ?? resolveName)
        : publicOnly(options.lookup ?? resolveName),
    };
    const socket: Socket = isSecure
      ? connectTls({
          ...target,
          ALPNProtocols: ['http/1.1'],
          ...(isIP(host) === 0 && { servername: host.replace(/\.$/, '') }),
          ...(options.ca !== undefined && { ca: options.ca }),
        })
      : connectTcp(target);

    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeListener('error', fail).removeListener('close', onClose);
    };
    const fail = (error: Error) => {
      settle();
      socket.destroy();
      reject(error instanceof AddressRefused ? error : unsent(address, error.message, error));
    };
    const onAbort = () => fail(new Error('given up'));
    const onClose = () => fail(new Error('closed before it was open'));
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    signal?.addEventListener('abort', onAbort);
    socket.once('error', fail).once('close', onClose);
    // This listener stays: without one, a late error of the socket would end the process.
    socket.on('error', () => {});
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      settle();
      resolve({ address, socket });
    });
    if (signal?.aborted) onAbort();
  });

const unsent = (address: URL, what: string, error: Error): TransportError =>
  new TransportError(`${address.origin} was not reached: ${what || codeOf(error)}`, false, {
    cause: redactError(error),
  });

// An AggregateError of several addresses has no message of its own.
const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.name;

/** Refuses a name when any of its addresses is not public: a mixed answer is an attack or a mistake. */
const publicOnly =
  (lookup: LookupFunction): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      if (error) return callback(error, found, family);
      const addresses: readonly LookupAddress[] =
        typeof found === 'string' ? [{ address: found, family: family ?? 4 }] : found;
      const isPublic = addresses.length > 0 && addresses.every(({ address }) => isPublicAddress(address));
      if (isPublic) return callback(null, found, family);
      callback(new AddressRefused(`refused ${hostname}: it does not resolve to public addresses`), []);
    });
  };
