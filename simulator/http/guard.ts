import type { IncomingMessage, RequestListener } from 'node:http';
import { isIP } from 'node:net';

export interface GuardOptions {
  /** Where the gateway listens. */
  readonly host: string;
  /** Where a proxy in front of it is reached. */
  readonly publicUrl?: string | undefined;
}

// Systems and browsers resolve every name below localhost to this machine (RFC 6761).
const LOOPBACK = /^(?:(?:[a-z0-9_-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Keeps web pages away from a server that listens on a known port of a developer's machine: a page could read what was submitted,
 * submit with a known key, or clear the ledger. A refusal is a 403 before anything is read or done.
 */
export const guarded =
  (options: GuardOptions, listener: RequestListener): RequestListener =>
  (request, response) => {
    if (isOwnHost(request, options) && !isFromPage(request, options)) return listener(request, response);
    const body = JSON.stringify({
      error: 'Web pages, and names of other machines, may not use this gateway.',
    });
    response.writeHead(403, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(body);
  };

/** A page may point its own name at this machine (DNS rebinding), but no name below localhost, and no number. */
const isOwnHost = ({ headers }: IncomingMessage, { host, publicUrl }: GuardOptions): boolean => {
  const address = `http://${headers.host ?? ''}`;
  if (!headers.host || !URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  if (LOOPBACK.test(hostname) || hostname === host) return true;
  if (publicUrl !== undefined && hostname === new URL(publicUrl).hostname) return true;
  return !LOOPBACK.test(host) && isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
};

const isFromPage = ({ headers, method }: IncomingMessage, { publicUrl }: GuardOptions): boolean => {
  const { origin, host } = headers;
  if (origin !== undefined)
    return origin !== `http://${host}` && !(publicUrl !== undefined && origin === new URL(publicUrl).origin);
  if (['none', 'same-origin', undefined].includes(headerOf(headers['sec-fetch-site']))) return false;
  // A person follows a link. The page that has the link sees nothing of the answer.
  const isNavigation =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document' && method === 'GET';
  return !isNavigation;
};

const headerOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;
