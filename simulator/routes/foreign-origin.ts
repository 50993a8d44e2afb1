import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { guarded } from '../http/guard.ts';
import { listen } from '../http/listen.ts';
import type { Ledger } from '../tasks/ledger.ts';

export interface ForeignOriginOptions {
  readonly host: string;
  readonly key: string;
  readonly ledger: Ledger;
  readonly serveFile: (request: IncomingMessage, response: ServerResponse, fileName: string) => void;
}

/**
 * A second origin (another port) that redirects lead to. It starts when first needed and records every request. Its
 * /canary stands for an internal service that no client may call.
 */
export class ForeignOrigin {
  private readonly options: ForeignOriginOptions;
  private started: Promise<{ server: Server; url: string }> | undefined;

  constructor(options: ForeignOriginOptions) {
    this.options = options;
  }

  async url(): Promise<string> {
    this.started ??= this.start();
    return (await this.started).url;
  }

  async close(): Promise<void> {
    const started = await this.started;
    if (!started) return;
    started.server.closeAllConnections();
    await new Promise((resolve) => started.server.close(resolve));
  }

  private async start(): Promise<{ server: Server; url: string }> {
    const { host } = this.options;
    const server = createServer(
      guarded({ host }, (request, response) => {
        const address = request.url ?? '/';
        const path = address.replace(/\?.*/s, '');
        this.record(request, address, path);
        if (path === '/canary') response.end('The credentials of the house.\n');
        else this.options.serveFile(request, response, path.replace('/files/', ''));
      }),
    );
    return { server, url: await listen(server, host, 0) };
  }

  private record(request: IncomingMessage, address: string, path: string): void {
    const { key, ledger } = this.options;
    const places = [address, ...request.rawHeaders];
    ledger.foreignRequests.push({
      at: new Date().toISOString(),
      method: request.method ?? 'GET',
      path,
      headerNames: Object.keys(request.headers),
      hadKey: places.some((place) => place.includes(key) || place.includes(encodeURIComponent(key))),
    });
  }
}
