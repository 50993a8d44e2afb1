import type { IncomingMessage, ServerResponse } from 'node:http';
import { createDialects } from '../../../simulator/dialects/registry.ts';
import { FaultPlan } from '../../../simulator/faults/fault-plan.ts';
import { parseFault } from '../../../simulator/faults/requested-fault.ts';
import { ForeignOrigin } from '../../../simulator/routes/foreign-origin.ts';
import type { Gateway } from '../../../simulator/routes/gateway.ts';
import { serve } from '../../../simulator/routes/serve.ts';
import { Ledger } from '../../../simulator/tasks/ledger.ts';
import { chargedMicrosOf, type Task } from '../../../simulator/tasks/task.ts';
import { TaskBook } from '../../../simulator/tasks/task-book.ts';
import { film, readyFilms } from '../world/film.ts';
import type { Invocation } from '../world/invocation.ts';
import { PROVIDER_HOST } from '../world/names.ts';
import type { ConnectError, Origin } from '../world/network.ts';
import type { ProviderFault, ResponseFault } from './provider-fault.ts';
import { applyResponseFault, INSIDE_HOST } from './response-faults.ts';

const ELSEWHERE_HOST = 'elsewhere.example';

// A public address. Nothing is ever sent there.
const PUBLIC_ADDRESS = '93.184.215.14';
const names: Readonly<Record<string, readonly string[]>> = {
  [PROVIDER_HOST]: [PUBLIC_ADDRESS],
  [ELSEWHERE_HOST]: [PUBLIC_ADDRESS],
  [INSIDE_HOST]: ['10.0.0.7'],
};

const dialects = createDialects({});

/** The other origin, with a host name of its own instead of a port. */
class Elsewhere extends ForeignOrigin {
  override async url(): Promise<string> {
    return `https://${ELSEWHERE_HOST}`;
  }
}

export interface ProviderOptions {
  readonly key: string;
  readonly providerFault: ProviderFault;
  /** Called when a submit arrives, before it is answered. */
  readonly onPost: (invocation: Invocation | undefined, request: IncomingMessage) => void;
}

/** The simulated gateway with the faults of one run, and with response faults of its own. */
export class Provider {
  readonly connections: { readonly origin: string; readonly address: string }[] = [];
  /** Foreign origins that received the key. */
  readonly leaks: string[] = [];
  private readonly gateway: Gateway;
  private readonly options: ProviderOptions;
  private readonly closing = new AbortController();
  private responseFaultsLeft: number;
  private connectErrorsLeft: number;

  constructor(options: ProviderOptions) {
    this.options = options;
    const { providerFault, key } = options;
    this.responseFaultsLeft = providerFault.responseFault?.times ?? 0;
    this.connectErrorsLeft = providerFault.connect?.times ?? 0;
    const ledger = new Ledger();
    const renderer = readyFilms();
    const faults = new FaultPlan();
    if (providerFault.gatewayFaults.length > 0)
      faults.addScript({ match: undefined, faults: providerFault.gatewayFaults.map(parseFault) });
    this.gateway = {
      url: `https://${PROVIDER_HOST}`,
      dialects,
      credentials: { key, authStyle: 'any' },
      limits: { inFlight: Number.POSITIVE_INFINITY, perMinute: Number.POSITIVE_INFINITY },
      filesTtlMs: 2 * 86_400_000,
      tasks: new TaskBook({ renderer, jobMs: 60_000 }),
      ledger,
      faults,
      renderer,
      foreignOrigin: new Elsewhere({ host: '', key, ledger, serveFile: () => undefined }),
      closing: this.closing.signal,
    };
  }

  /** The accepted submits. Each is a charge, even if its answer was lost. */
  get tasks(): readonly Task[] {
    return this.gateway.tasks.all();
  }

  /** The number of charges that were not refunded. */
  chargedNow(nowMs: number): number {
    return this.tasks.filter((task) => chargedMicrosOf(task, nowMs) > 0).length;
  }

  resolve(host: string): readonly string[] | undefined {
    return names[host];
  }

  connectErrorFor(invocation: Invocation, host: string): ConnectError | undefined {
    const { connect } = this.options.providerFault;
    if (!connect || connect.of !== invocation.info.functionName || this.connectErrorsLeft === 0)
      return undefined;
    if (host !== PROVIDER_HOST) return undefined;
    this.connectErrorsLeft -= 1;
    return connect.how;
  }

  recordConnection(origin: string, address: string): void {
    this.connections.push({ origin, address });
  }

  answer(request: IncomingMessage, response: ServerResponse, { origin, invocation }: Origin): void {
    const sent = [request.url ?? '', ...request.rawHeaders].join('\n');
    if (origin !== this.gateway.url && sent.includes(this.options.key)) this.leaks.push(origin);
    if (origin === `https://${ELSEWHERE_HOST}`) {
      serveFilm(response);
      return;
    }
    if (origin !== this.gateway.url) {
      response.end('Nobody should have come here.');
      return;
    }
    if (request.method === 'POST' && !request.url?.includes('cancel'))
      this.options.onPost(invocation, request);
    const { key, providerFault } = this.options;
    const serveByGateway = () => void serve(this.gateway, request, response, undefined);
    const fault = providerFault.responseFault;
    if (fault && this.isResponseFaultDue(fault, request))
      applyResponseFault({ request, response, fault, key, serve: serveByGateway });
    else serveByGateway();
  }

  close(): void {
    this.closing.abort();
  }

  private isResponseFaultDue(fault: ResponseFault, { method, url = '' }: IncomingMessage): boolean {
    if (this.responseFaultsLeft === 0) return false;
    const stage = method === 'POST' ? 'submit' : /^\/files\//.test(url) ? 'file' : 'poll';
    if (fault.stage !== stage) return false;
    this.responseFaultsLeft -= 1;
    return true;
  }
}

const serveFilm = (response: ServerResponse): void => {
  response
    .writeHead(200, { 'content-type': 'video/mp4', 'content-length': film.bytes.length })
    .end(film.bytes);
};
