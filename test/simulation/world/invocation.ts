import {
  type Call,
  type Failure,
  type Fault,
  type FaultInjector,
  type InvocationInfo,
  type InvocationOutcome,
  never,
} from './call.ts';
import type { Scheduler } from './scheduler.ts';

// How long an invocation hangs after its caller gave it up, in milliseconds.
const HANGS_MS = [50, 2_500, 8_000, 40_000];

/** One run of a function. It can die at any call to the outside; from then on it has no effect. */
export class Invocation {
  readonly info: InvocationInfo;
  isDead = false;
  private readonly scheduler: Scheduler;
  private readonly faults: FaultInjector;
  private readonly calls: Call[];
  private readonly deaths: (() => void)[] = [];
  private end: (outcome: InvocationOutcome) => void = () => undefined;
  readonly outcome: Promise<InvocationOutcome>;

  constructor(info: InvocationInfo, scheduler: Scheduler, faults: FaultInjector, calls: Call[]) {
    this.info = info;
    this.scheduler = scheduler;
    this.faults = faults;
    this.calls = calls;
    this.outcome = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  settle(outcome: InvocationOutcome): void {
    this.end(outcome);
  }

  /** Ends the process, with its memory, timers and connections. */
  die(error: string, cause: string): void {
    if (this.isDead) return;
    this.isDead = true;
    for (const notify of this.deaths) notify();
    this.settle({ error: { Error: error, Cause: cause } });
  }

  onDeath(notify: () => void): void {
    this.deaths.push(notify);
  }

  /** A call to the outside: waits for its turn, may meet a fault, has its effect. */
  async call<Value>(what: string, effect: () => Value | Promise<Value>, failure: Failure): Promise<Value> {
    if (this.isDead) return never();
    const { functionName, number: invocation, isOfOldRun } = this.info;
    const call = { number: this.calls.length, functionName, invocation, what, isOfOldRun };
    this.calls.push(call);
    await this.scheduler.turn();
    if (this.isDead) return never();
    const fault = this.faults.at(call);
    if (fault) await this.applyBefore(fault, failure);
    if (this.isDead) return never();
    const value = await effect();
    if (this.isDead) return never();
    if (fault === 'dies-after') this.die('Runtime.ExitError', 'The process ended.');
    if (this.isDead) return never();
    if (fault === 'fails-after') throw failure(true);
    return value;
  }

  private async applyBefore(fault: Fault, failure: Failure): Promise<void> {
    switch (fault) {
      case 'dies-before':
        return this.die('Runtime.ExitError', 'The process ended.');
      case 'fails-before':
        throw failure(false);
      case 'given-up':
        this.settle({
          error: { Error: 'Lambda.ClientExecutionTimeoutException', Cause: 'No answer in time.' },
        });
        return this.scheduler.sleep(this.scheduler.random.pick(HANGS_MS));
      case 'restarted':
      case 'execution-lost':
      case 'notified-again':
      case 'cancelled':
      case 'interrupted':
        return this.faults.inject(fault);
      case 'dies-after':
      case 'fails-after':
        return undefined;
    }
  }
}
