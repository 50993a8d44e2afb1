import { createServer, type IncomingHttpHeaders, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface TestServer {
  readonly url: string;
  /** Every request, in the order in which they came. */
  readonly received: Received[];
  close(): Promise<void>;
}

/** A real HTTP server that answers as the test says; `hang up` breaks the connection. */
export const serve = async (
  answer: (request: Received, count: number) => Promise<Answered | 'hang up'> | Answered | 'hang up',
): Promise<TestServer> => {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, body: await text(request) };
    received.push(seen);
    // What a test's own server throws is told, and does not hang.
    const answered = await Promise.resolve()
      .then(() => answer(seen, received.length))
      .catch((error: unknown) => ({ status: 500, headers: {}, body: String(error) }));
    if (answered === 'hang up') return void request.socket.destroy();
    response.writeHead(answered.status, answered.headers).end(answered.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

/** Sends a request on, for the host that it was signed for, and answers what comes back. */
export const forwardTo = async (
  address: string,
  { method, url, headers, body }: Received,
): Promise<Answered> => {
  const { connection: _, ...others } = headers;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(`${address}${url}`, { method, headers: others }, resolve).once('error', reject).end(body);
  });
  return {
    status: answer.statusCode ?? 502,
    headers: { 'content-type': answer.headers['content-type'] ?? '' },
    body: await text(answer),
  };
};
