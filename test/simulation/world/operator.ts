import * as z from 'zod';
import type { Functions } from './functions.ts';
import { CALLER } from './names.ts';
import type { Scheduler } from './scheduler.ts';

/** What an operator does when nothing happens any more. */
export type OperatorAction = 'nothing' | 'redrive' | 'redrive, and pay again' | 'give up' | 'adopt the task';

const ApiAnswer = z.object({ statusCode: z.number(), body: z.string().default('') });
type ApiAnswer = z.infer<typeof ApiAnswer>;

// A caller retries after 2, 4, … s, up to this many tries.
const MOST_TRIES = 12;

/** A caller of the API who requests and operates jobs, and retries until there is an answer. */
export class Operator {
  /** The number of job requests that were answered 202. */
  acceptedRequests = 0;
  /** How many further payments the operator confirmed, by job. */
  readonly confirmed = new Map<string, number>();
  private readonly functions: Functions;
  private readonly scheduler: Scheduler;
  private readonly onAnswer: (text: string) => void;
  private readonly caller: string;

  constructor(functions: Functions, scheduler: Scheduler, onAnswer: (text: string) => void, caller = CALLER) {
    this.caller = caller;
    this.functions = functions;
    this.scheduler = scheduler;
    this.onAnswer = onAnswer;
  }

  async requestJob(body: object, key = 'proof', tries = 1): Promise<void> {
    const answer = await this.call('POST /jobs', { headers: { 'idempotency-key': key }, body });
    if (answer?.statusCode === 202) this.acceptedRequests += 1;
    else if (tries < MOST_TRIES)
      this.scheduler.after(2000 * tries, () => void this.requestJob(body, key, tries + 1));
  }

  get confirmations(): number {
    return [...this.confirmed.values()].reduce((sum, count) => sum + count, 0);
  }

  cancel(jobId: string, abandon: boolean): Promise<void> {
    return this.operate('jobs', jobId, 'cancel', { abandon });
  }

  /** Pauses a provider, as an admin. */
  pause(provider: string): Promise<void> {
    return this.operate('providers', provider, 'pause', { reason: 'proof' });
  }

  resume(provider: string): Promise<void> {
    return this.operate('providers', provider, 'resume', {});
  }

  redrive(jobId: string, finalAction: OperatorAction, taskId: string | undefined): void {
    if (finalAction === 'redrive, and pay again')
      this.confirmed.set(jobId, (this.confirmed.get(jobId) ?? 0) + 1);
    void this.operate('jobs', jobId, 'redrive', redriveBody(finalAction, taskId));
  }

  readJob(jobId: string): void {
    void this.call('GET /jobs/{id}', { id: jobId });
  }

  private async operate(
    kind: 'jobs' | 'providers',
    id: string,
    what: string,
    body: object,
    tries = 1,
  ): Promise<void> {
    const answer = await this.call(`POST /${kind}/{id}/${what}`, { id, body });
    if ((answer?.statusCode ?? 500) < 500 || tries === MOST_TRIES) return;
    this.scheduler.after(2000 * tries, () => void this.operate(kind, id, what, body, tries + 1));
  }

  private async call(
    routeKey: string,
    { headers = {}, id, body }: { headers?: Record<string, string>; id?: string; body?: object },
  ): Promise<ApiAnswer | undefined> {
    const [method, rawPath] = routeKey.split(' ');
    const outcome = await this.functions.invoke('job-api', {
      routeKey,
      rawPath,
      headers,
      pathParameters: id === undefined ? {} : { id },
      requestContext: { authorizer: { iam: { userArn: this.caller } }, http: { method } },
      ...(body === undefined ? {} : { body: JSON.stringify(body), isBase64Encoded: false }),
    });
    this.onAnswer(JSON.stringify(outcome));
    return 'result' in outcome ? ApiAnswer.parse(outcome.result) : undefined;
  }
}

const redriveBody = (finalAction: OperatorAction, taskId: string | undefined): object => {
  switch (finalAction) {
    case 'redrive, and pay again':
      return { confirmResubmit: true };
    case 'give up':
      return { giveUp: true };
    case 'adopt the task':
      return taskId === undefined ? {} : { taskId };
    default:
      return {};
  }
};
