import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A way to the cloud that ends in the midst of things, as for a function that dies: from then on nothing gets through. */
export interface CrashingProxy {
  readonly endpoint: string;
  /** Requests since it was last told how to behave. */
  readonly requests: number;
  /** The nth request is the last: it does not arrive, or its answer does not. */
  crashAt(nth: number, when: 'before' | 'after'): void;
  /** Requests whose address has this in it are answered 500. */
  failAt(part: string): void;
  heal(): void;
  stop(): Promise<void>;
}

export const startCrashingProxy = async (cloud: string): Promise<CrashingProxy> => {
  let count = 0;
  let crash: { nth: number; when: 'before' | 'after' } | undefined;
  let failing: string | undefined;
  const sockets = new Set<Socket>();
  const isDead = () => crash !== undefined && count > crash.nth;
  const cut = (answer: ServerResponse) => answer.socket?.destroy();

  const server = createServer((incoming, answer) => {
    count += 1;
    const isLast = count === crash?.nth;
    if (isDead() || (isLast && crash?.when === 'before')) return void cut(answer);
    const { method, headers, url = '/' } = incoming;
    if (failing !== undefined && url.includes(failing)) {
      incoming.resume();
      answer.writeHead(500).end();
      return;
    }
    const forward = request(`${cloud}${url}`, { method, headers }, (reply) => {
      if (isLast || isDead()) {
        reply.resume().on('end', () => cut(answer));
        return;
      }
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    forward.on('error', () => cut(answer));
    incoming.pipe(forward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const behave = (next: typeof crash) => {
    crash = next;
    count = 0;
  };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get requests() {
      return count;
    },
    crashAt: (nth, when) => behave({ nth, when }),
    failAt: (part) => {
      failing = part;
    },
    heal: () => {
      failing = undefined;
      behave(undefined);
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
