import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { TransportError } from '../../../core/kernel/errors.ts';
import type { AddressPolicy } from '../../../core/providers/address-policy.ts';
import { redactError } from '../../../core/providers/http/redact.ts';
import { openConnection } from './connect.ts';
import { downloadBody, type Pace } from './download-body.ts';
import { sendOver } from './http.ts';

/** The address answers with an error. `stale`: it has expired or is not for us; the provider may name a fresh one. */
export class DownloadRefused extends Error {
  override readonly name = 'DownloadRefused';
  readonly status: number;
  readonly stale: boolean;

  constructor(origin: string, status: number) {
    super(`${origin} answers the download with ${status}`);
    this.status = status;
    this.stale = [401, 403, 404, 410].includes(status);
  }
}

export interface DownloadOptions {
  readonly url: string;
  readonly policy: AddressPolicy;
  /** Headers (keys) for an origin. Called for each hop; no header is carried from one hop to the next. */
  readonly headersFor?: (origin: string) => Readonly<Record<string, string>> | undefined;
  readonly maxRedirects?: number;
  readonly connectTimeoutMs?: number;
  /** The slowest pace that is accepted of a source, head of the answer included. A slow reader does not count. */
  readonly slowest?: Pace;
  /** Of the unpacked body. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly lookup?: LookupFunction;
  readonly ca?: string;
}

export interface Download {
  readonly status: number;
  readonly contentType: string | undefined;
  /** As declared; the body fails when it turns out shorter. Unknown for a compressed one. */
  readonly contentLength?: number;
  /** Read it or destroy it: a body that nobody reads keeps its connection. Fails with `TransportError`. */
  readonly body: Readable;
  readonly finalUrlOrigin: string;
}

/** 100 kB in 30 s: less than a tenth of the slowest line a video was ever fetched over. */
const SLOWEST: Pace = { bytes: 100_000, inMs: 30_000 };
/** As much as S3 takes in one PUT. */
const MAX_BYTES = 5_000_000_000;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Opens a download. Redirects are followed by hand, each hop checked like the first. Throws `AddressRefused`,
 * `DownloadRefused` for an error status, `TransportError` for everything else.
 */
export const openDownload = async (options: DownloadOptions): Promise<Download> => {
  let url = options.url;
  for (let hops = 0; hops <= (options.maxRedirects ?? 5); hops += 1) {
    const { address, response } = await get(url, options);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return downloadOf(address, response, options);
    response.destroy();
    if (status >= 400) throw new DownloadRefused(address.origin, status);
    const { location } = response.headers;
    if (!REDIRECTS.includes(status) || location === undefined || !URL.canParse(location, address.href))
      throw new TransportError(`${address.origin} answers the download with ${status} and no way on`, true);
    url = new URL(location, address).href;
  }
  throw new TransportError('the download is redirected without end', true);
};

const get = async (
  url: string,
  options: DownloadOptions,
): Promise<{ address: URL; response: IncomingMessage }> => {
  const { policy, connectTimeoutMs = 10_000, slowest = SLOWEST, signal, lookup, ca } = options;
  const { address, socket } = await openConnection(url, policy, {
    timeoutMs: connectTimeoutMs,
    signal,
    lookup,
    ca,
  });
  const giveUp = () => socket.destroy(new Error('given up'));
  const deadline = setTimeout(
    () => socket.destroy(new Error(`no answer within ${slowest.inMs} ms`)),
    slowest.inMs,
  );
  signal?.addEventListener('abort', giveUp);
  try {
    const headers = options.headersFor?.(address.origin) ?? {};
    const response = await sendOver(socket, address, { method: 'GET', headers });
    response.once('close', () => socket.destroy()).on('error', () => {});
    return { address, response };
  } catch (error) {
    socket.destroy();
    const cause = socket.errored ?? error;
    throw new TransportError(`GET ${address.origin}: ${redactError(cause).message}`, true, {
      cause: redactError(cause),
    });
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', giveUp);
  }
};

const downloadOf = (address: URL, response: IncomingMessage, options: DownloadOptions): Download => {
  const { slowest = SLOWEST, maxBytes = MAX_BYTES, signal } = options;
  const { origin } = address;
  const { body, isUnpacked } = downloadBody(response, { origin, slowest, maxBytes, signal });
  const length = response.headers['content-length'];
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'],
    ...(length !== undefined && !isUnpacked && { contentLength: Number(length) }),
    body,
    finalUrlOrigin: origin,
  };
};
