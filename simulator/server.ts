import { createServer } from 'node:http';
import type { AuthStyle } from './dialects/dialect.ts';
import { createDialects, type DialectOptions } from './dialects/registry.ts';
import { FaultPlan } from './faults/fault-plan.ts';
import { guarded } from './http/guard.ts';
import { listen } from './http/listen.ts';
import { send } from './http/messages.ts';
import { Renderer } from './media/renderer.ts';
import { notFound } from './routes/faulty-file.ts';
import { findVideo, sendVideo } from './routes/files.ts';
import { ForeignOrigin } from './routes/foreign-origin.ts';
import type { Gateway } from './routes/gateway.ts';
import { type Log, serve } from './routes/serve.ts';
import { Ledger, type LedgerReport, showLedger } from './tasks/ledger.ts';
import { TaskBook } from './tasks/task-book.ts';

export interface GatewayOptions extends DialectOptions {
  /** The key that clients must send. */
  readonly key: string;
  /** 0, the default, finds a free port. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1. The gateway fetches any address it is sent: keep it on loopback. */
  readonly host?: string | undefined;
  /** How its answers name it, for a gateway behind a proxy: `https://gateway.example`. Default: where it listens. */
  readonly publicUrl?: string | undefined;
  /** How long a task takes; default 8. */
  readonly seconds?: number | undefined;
  /** How long a video stays at its address; default two days, as in the seed. */
  readonly filesTtlSeconds?: number | undefined;
  readonly authStyle?: AuthStyle | undefined;
  /** More unfinished tasks than this: 429. No limit by default. */
  readonly maxInFlight?: number | undefined;
  /** More accepted submits in any 60 s: 429. No limit by default. */
  readonly maxPerMinute?: number | undefined;
  /** The path of an ffmpeg program. */
  readonly ffmpeg: string;
  /** Receives one line per request: never a key, a query or a body. */
  readonly log?: Log | undefined;
}

export interface RunningGateway {
  /** `http://127.0.0.1:4600`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly key: string;
  ledger(): LedgerReport;
  /** Ends every connection and ffmpeg process, and deletes the files. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts the simulated gateway. Rejects with PortInUse. */
export const startGateway = async (options: GatewayOptions): Promise<RunningGateway> => {
  const { key, ffmpeg, host = '127.0.0.1', seconds = 8, filesTtlSeconds = 2 * 86_400 } = options;
  const filesTtlMs = filesTtlSeconds * 1000;
  const ledger = new Ledger();
  // Twice the life of a file: a submit may need a render again while the last file made of it is still served.
  const renderer = new Renderer({ ffmpeg, keepMs: 2 * filesTtlMs + 3_600_000 });
  const tasks = new TaskBook({ renderer, jobMs: seconds * 1000 });
  const closing = new AbortController();
  const foreignOrigin = new ForeignOrigin({
    host,
    key,
    ledger,
    serveFile(request, response, fileName) {
      const found = findVideo({ tasks, filesTtlMs }, fileName);
      const sent = found
        ? sendVideo(request, response, found.video, closing.signal)
        : send(response, notFound, closing.signal);
      sent.catch(() => response.destroy());
    },
  });

  // Longer than clients keep a connection open. Node's default of 5 s cuts connections that a client is about to reuse.
  const server = createServer({ keepAliveTimeout: 65_000 });
  const url = await listen(server, host, options.port ?? 0).catch(async (error: unknown) => {
    await renderer.close();
    throw error;
  });
  const gateway: Gateway = {
    url: options.publicUrl?.replace(/\/+$/, '') ?? url,
    dialects: createDialects(options),
    credentials: { key, authStyle: options.authStyle ?? 'any' },
    limits: {
      inFlight: options.maxInFlight ?? Number.POSITIVE_INFINITY,
      perMinute: options.maxPerMinute ?? Number.POSITIVE_INFINITY,
    },
    filesTtlMs,
    tasks,
    ledger,
    faults: new FaultPlan(),
    renderer,
    foreignOrigin,
    closing: closing.signal,
  };
  server.on(
    'request',
    guarded(
      { host, publicUrl: options.publicUrl },
      (request, response) => void serve(gateway, request, response, options.log),
    ),
  );

  let closed: Promise<void> | undefined;
  const close = async () => {
    closing.abort();
    const ended = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await Promise.all([ended, foreignOrigin.close(), renderer.close()]);
  };
  return {
    url,
    port: Number(new URL(url).port),
    key,
    ledger: () => showLedger(ledger, tasks, renderer.renders, Date.now()),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
};
