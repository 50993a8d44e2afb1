import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type LookupFunction,
  type Socket,
} from 'node:net';
import { certificate } from './certificate.ts';

export interface Loopback {
  readonly origin: string;
  readonly port: number;
  /** Paths asked for, in order. */
  readonly seen: string[];
  /** Connections still open. */
  readonly sockets: ReadonlySet<Socket>;
}

const open: { close(): unknown }[] = [];

/** Closes every server of a test; connections that are still open then are a leak only if `sockets` says so. */
export const closeServers = (): void => {
  for (const server of open.splice(0)) server.close();
};

const listen = async (server: Server | ReturnType<typeof createTcpServer>, scheme: string) => {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('request', (request: { url: string }) => seen.push(request.url));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return { origin: `${scheme}://127.0.0.1:${port}`, port, seen, sockets } satisfies Loopback;
};

export const serve = (listener: RequestListener): Promise<Loopback> => listen(createServer(listener), 'http');

export const serveTls = (listener: RequestListener): Promise<Loopback> =>
  listen(createSecureServer(certificate, listener), 'https');

/** A server that speaks no HTTP. */
export const serveTcp = (onSocket: (socket: Socket) => void): Promise<Loopback> =>
  listen(createTcpServer(onSocket), 'http');

/** A resolver that answers these addresses, in the form that was asked for. */
export const resolvesTo =
  (...addresses: string[]): LookupFunction =>
  (_hostname, options, callback) => {
    const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all) callback(null, all);
    else callback(null, all[0]?.address ?? '', all[0]?.family ?? 4);
  };

/** What a promise was refused with. */
export const errorOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Waits until every connection is closed; a leak fails the test by its name. */
export const allClosed = async ({ sockets }: Loopback): Promise<void> => {
  for (let tries = 0; sockets.size > 0 && tries < 100; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(sockets.size).toBe(0);
};
