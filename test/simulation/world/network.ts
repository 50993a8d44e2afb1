import dns, { type LookupAddress } from 'node:dns';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import net, { type LookupFunction } from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { type SimulatedContext, simulatedContext } from './context.ts';
import type { Invocation } from './invocation.ts';
import type { Scheduler } from './scheduler.ts';

/** How a connection attempt fails. */
export type ConnectError = 'dns' | 'refused' | 'tls' | 'silence';

/** The origin that a request was sent to, and its sender. */
export interface Origin {
  readonly origin: string;
  readonly invocation: Invocation | undefined;
}

/** The network of one simulation. */
export interface Site {
  /** The addresses of a host name; undefined for an unknown name. */
  resolve(host: string): readonly string[] | undefined;
  connectErrorFor(invocation: Invocation, host: string): ConnectError | undefined;
  recordConnection(origin: string, address: string): void;
  answer(request: IncomingMessage, response: ServerResponse, from: Origin): void;
  /** The answer to a URL that a provider fetches by itself. */
  fetched(address: URL): { readonly status: number; readonly body: Uint8Array };
}

/** The delay between the head and the rest of an answer, in milliseconds. */
const WIRE_MS = 20;

const sites = new WeakMap<Scheduler, Site>();

export const openSite = (scheduler: Scheduler, site: Site): void => {
  sites.set(scheduler, site);
};

const codedError = (code: string): Error => Object.assign(new Error(`simulated ${code}`), { code });

/** One end of a connection in memory. */
class End extends Duplex {
  peer: End | undefined;
  /** Holds the first bytes of an answer back until the client's turn to read them. */
  beforeFirstBytes: (() => Promise<void>) | undefined;
  onArrival: () => void = () => undefined;
  onItsWay: () => Promise<void> = () => Promise.resolve();
  private opened: Promise<void> | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (!this.beforeFirstBytes) {
      this.peer?.receive(chunk);
      done();
      return;
    }
    const isFirst = this.opened === undefined;
    this.opened ??= this.beforeFirstBytes();
    // The rest of an answer comes a little later than its head, as on a real network.
    const arrived = isFirst ? this.opened : this.opened.then(this.onItsWay);
    arrived.then(
      () => {
        if (this.peer) {
          this.peer.receive(chunk);
          this.onArrival();
        }
        done();
      },
      (error: Error) => {
        this.peer?.destroy(error);
        done();
      },
    );
  }

  override _final(done: () => void): void {
    this.peer?.receive(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    this.peer = undefined;
    if (peer) process.nextTick(() => peer.lose());
    done(error);
  }

  private receive(chunk: Buffer | null): void {
    if (!this.destroyed && !this.readableEnded) this.push(chunk);
  }

  /** The other end is gone. */
  private lose(): void {
    this.peer = undefined;
    if (this.destroyed) return;
    if (!this.readableEnded && !this.readableFlowing) this.push(null);
    this.destroy();
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  resetAndDestroy(): this {
    this.peer?.destroy(codedError('ECONNRESET'));
    this.destroy();
    return this;
  }
}

/** The server's end, with the facts of the connection. */
class ServerEnd extends End {
  readonly where: SimulatedContext;
  readonly origin: string;
  /** The request that is being answered, for the record of the call. */
  request = '';

  constructor(where: SimulatedContext, origin: string) {
    super({ allowHalfOpen: true });
    this.where = where;
    this.origin = origin;
  }
}

/** Announces a compressed body: another thread will unpack it. */
export const announcePacked = (response: ServerResponse): void => {
  const socket: unknown = response.socket;
  if (socket instanceof ServerEnd) socket.onArrival = () => socket.where.scheduler.expectThreadWork();
};

interface Target {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

const connectInMemory = (target: Target, isSecure: boolean): End | undefined => {
  const where = simulatedContext.getStore();
  const { invocation } = where ?? {};
  if (!where || !invocation) return undefined;
  const client = new End({ allowHalfOpen: false });
  open(client, target, isSecure, where, invocation).catch((error: Error) => client.destroy(error));
  return client;
};

const open = async (
  client: End,
  { host, port, lookup }: Target,
  isSecure: boolean,
  where: SimulatedContext,
  invocation: Invocation,
): Promise<void> => {
  const site = sites.get(where.scheduler);
  if (!site) throw new Error('This simulation has no network.');
  const usualPort = isSecure ? 443 : 80;
  const origin = `${isSecure ? 'https' : 'http'}://${host}${port === usualPort ? '' : `:${port}`}`;
  const server = new ServerEnd(where, origin);
  const refused = () => codedError('ECONNREFUSED');
  await invocation.call(
    `connect ${host}`,
    async () => {
      const error = site.connectErrorFor(invocation, host);
      if (error === 'dns') throw codedError('ENOTFOUND');
      const [address = ''] = net.isIP(host) ? [host] : await addressesOf(host, lookup);
      site.recordConnection(origin, address);
      if (error === 'refused') throw codedError('ECONNREFUSED');
      if (error === 'tls') throw codedError('CERT_HAS_EXPIRED');
      if (error === 'silence') await new Promise(() => undefined);
    },
    refused,
  );
  if (client.destroyed) return;
  client.peer = server;
  server.peer = client;
  // By now the provider has acted on the request, whether or not its answer is read.
  server.beforeFirstBytes = () =>
    simulatedContext.run(where, () =>
      invocation.call(
        `answer ${server.request}`,
        () => undefined,
        () => codedError('ECONNRESET'),
      ),
    );
  server.onItsWay = () => where.scheduler.sleep(WIRE_MS);
  invocation.onDeath(() => {
    client.peer = undefined;
    server.peer = undefined;
    server.destroy();
  });
  httpServer.emit('connection', server);
  client.emit(isSecure ? 'secureConnect' : 'connect');
};

const addressesOf = (host: string, lookup: LookupFunction): Promise<string[]> =>
  new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve([found].flat().map((each) => (typeof each === 'string' ? each : each.address)));
    });
  });

const httpServer = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
httpServer.on('request', (request, response) => {
  const socket: unknown = request.socket;
  if (!(socket instanceof ServerEnd)) throw new Error('A request came from outside the simulation.');
  const { where, origin } = socket;
  socket.request = `${request.method} ${origin}`;
  // The provider is a program of its own: it does not die with its client.
  simulatedContext.run({ scheduler: where.scheduler }, () =>
    sites.get(where.scheduler)?.answer(request, response, { origin, invocation: where.invocation }),
  );
});

const real = {
  netConnect: net.connect,
  tlsConnect: tls.connect,
  lookup: dns.lookup,
  fetch: globalThis.fetch,
};

const fetchInMemory = async (address: string | URL | Request, options?: RequestInit): Promise<Response> => {
  const where = simulatedContext.getStore();
  const site = where && sites.get(where.scheduler);
  if (!site) return real.fetch(address, options);
  const { status, body } = site.fetched(new URL(address instanceof Request ? address.url : address));
  return new Response(Buffer.from(body), { status });
};

const resolveName = (
  host: string,
  options: unknown,
  callback: (error: Error | null, found?: LookupAddress[]) => void,
): void => {
  const where = simulatedContext.getStore();
  const site = where && sites.get(where.scheduler);
  if (!site) {
    Reflect.apply(real.lookup, dns, [host, options, callback]);
    return;
  }
  const addresses = site.resolve(host);
  if (addresses)
    callback(
      null,
      addresses.map((address) => ({ address, family: net.isIP(address) })),
    );
  else callback(codedError('ENOTFOUND'));
};

/** From now on connections of code inside a simulation stay in memory. Returns the undo. */
export const installNetwork = (): (() => void) => {
  Object.assign(net, {
    connect: (...given: unknown[]) => connectFrom(given, false) ?? Reflect.apply(real.netConnect, net, given),
  });
  Object.assign(tls, {
    connect: (...given: unknown[]) => connectFrom(given, true) ?? Reflect.apply(real.tlsConnect, tls, given),
  });
  Object.assign(dns, { lookup: resolveName });
  Object.assign(globalThis, { fetch: fetchInMemory });
  syncBuiltinESMExports();
  return () => {
    Object.assign(net, { connect: real.netConnect });
    Object.assign(tls, { connect: real.tlsConnect });
    Object.assign(dns, { lookup: real.lookup });
    Object.assign(globalThis, { fetch: real.fetch });
    syncBuiltinESMExports();
  };
};

const connectFrom = ([target]: unknown[], isSecure: boolean): End | undefined =>
  isTarget(target) ? connectInMemory(target, isSecure) : undefined;

const isTarget = (value: unknown): value is Target =>
  typeof value === 'object' && value !== null && 'host' in value && 'lookup' in value;
