import { type IncomingMessage, request as requestOver } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import { brotliDecompressSync, unzipSync } from 'node:zlib';
import { TransportError } from '../../../core/kernel/errors.ts';
import type { AddressPolicy } from '../../../core/providers/address-policy.ts';
import { redactError } from '../../../core/providers/http/redact.ts';
import type { HttpAnswer, HttpRequest, SendHttp } from '../../../core/providers/provider.ts';
import { openConnection } from './connect.ts';

export const USER_AGENT = 'startframe/0.1.0';

/**
 * Sends requests over node:http (a fraction of what loading fetch costs a cold start). One connection for each request, made
 * before the request is written: so `sent` is exact. No redirect is followed, nothing is repeated. `maxBytes` bounds the
 * answer as it comes and as it is unpacked.
 */
export const createSendHttp =
  (policy: AddressPolicy, options: { lookup?: LookupFunction; ca?: string } = {}): SendHttp =>
  async (request) => {
    const startedAt = performance.now();
    const { address, socket } = await openConnection(request.url, policy, {
      ...options,
      timeoutMs: request.timeoutMs,
    });
    const deadline = setTimeout(
      () => socket.destroy(new Error(`no whole answer within ${request.timeoutMs} ms`)),
      Math.max(0, request.timeoutMs - (performance.now() - startedAt)),
    );
    try {
      const response = await sendOver(socket, address, request);
      const body = await readBody(response, request.maxBytes);
      return {
        status: response.statusCode ?? 0,
        headers: headersOf(response),
        body: unpack(body, response, request.maxBytes),
      };
    } catch (error) {
      // The socket has the time-out as its error; the response only says "aborted".
      const cause = socket.errored ?? (error instanceof Error ? error : new Error(String(error)));
      const sent = !(cause instanceof NotSendable);
      throw new TransportError(`${request.method} ${address.origin}: ${cause.message || cause.name}`, sent, {
        cause: redactError(cause),
      });
    } finally {
      clearTimeout(deadline);
      socket.destroy();
    }
  };

/** Node refused to write the request: a header or a path that HTTP does not know. */
class NotSendable extends Error {
  override readonly name = 'NotSendable';
}

/** Writes a request to a connection and waits for the head of the answer. */
export const sendOver = (
  socket: Socket,
  address: URL,
  { method, headers, body }: Pick<HttpRequest, 'method' | 'headers' | 'body'>,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    try {
      const request = requestOver({
        createConnection: () => socket,
        method,
        path: `${address.pathname}${address.search}`,
        setHost: false,
        headers: {
          host: address.host,
          'user-agent': USER_AGENT,
          'accept-encoding': 'identity',
          ...(bytes !== undefined && { 'content-length': bytes.byteLength }),
          ...headers,
        },
      });
      request.once('response', resolve);
      request.on('error', reject);
      request.once('upgrade', () => reject(new Error('the other side changed the protocol')));
      request.once('close', () => reject(new Error('closed without an answer')));
      request.end(bytes);
    } catch (error) {
      reject(new NotSendable(redactError(error).message));
    }
  });

/** The headers of an answer, names in lower case, repeated ones joined. */
export const headersOf = (response: IncomingMessage): HttpAnswer['headers'] =>
  Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );

const readBody = async (response: IncomingMessage, maxBytes: number): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** We request no compression; some servers compress all the same. zlib stops at the bound, so a bomb does no harm. */
const unpack = (body: Uint8Array, response: IncomingMessage, maxBytes: number): Uint8Array => {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (body.byteLength === 0) return body;
  if (encoding === 'br') return brotliDecompressSync(body, { maxOutputLength: maxBytes });
  if (encoding === 'gzip' || encoding === 'x-gzip' || encoding === 'deflate')
    return unzipSync(body, { maxOutputLength: maxBytes });
  return body;
};
