import { never, type Place, place } from './context.ts';

/** How a function's run ended, as its caller sees it. */
export type Outcome =
  | { readonly result: unknown }
  | { readonly error: { readonly Error: string; readonly Cause: string } };

/** What can go wrong at a call to the outside. */
export type Accident =
  /** The process dies before the call takes effect, or after. */
  | 'dies-before'
  | 'dies-after'
  /** The call fails without an effect, or its answer is lost. */
  | 'fails-before'
  | 'fails-after'
  /** The caller gives the invocation up and calls again, while this one hangs for a moment and then goes on. */
  | 'given-up'
  /** Somebody wakes the job: another run starts while this one is at work. */
  | 'restarted'
  /** The execution is gone; nobody goes on with the job. */
  | 'execution-lost'
  /** The upload is told once more, just now. */
  | 'told-again'
  /** Somebody does not want the video any more, just now. */
  | 'cancelled'
  /** Somebody else acts just now, and this one goes on only when they have done so. */
  | 'interrupted';

/** Decides what happens at the n-th call to the outside of this course. */
export interface Fate {
  at(call: CallNote): Accident | undefined;
  /** What an accident needs from the world besides the invocation, which waits for it. */
  befall(accident: Accident): void | Promise<void>;
}

export interface CallNote {
  /** Counted over the whole course, from 0. */
  readonly number: number;
  readonly functionName: string;
  /** Which run of a function made it. */
  readonly invocation: number;
  /** `TransactWrite`, `connect`, `answer POST …` */
  readonly what: string;
  /** The invocation is a step of a run that had lost the job before it began. */
  readonly isOfOldRun: boolean;
}

/** What a call throws that went wrong, by whether it had its effect all the same. */
export type Failure = (hadEffect: boolean) => Error;

// How long an invocation hangs that its caller has given up, in milliseconds.
const HANGS_MS = [50, 2_500, 8_000, 40_000];

/** What is known of a run of a function before it begins. */
export interface About {
  readonly functionName: string;
  /** Counted over the whole course, from 0. */
  readonly number: number;
  /** The job that it is a step of. */
  readonly jobId?: string | undefined;
  readonly isOfOldRun: boolean;
}

/** One run of a function. It can die at any call to the outside; then nothing of it ever has an effect again. */
export class Invocation {
  readonly about: About;
  isDead = false;
  private readonly fate: Fate;
  private readonly calls: CallNote[];
  private readonly deaths: (() => void)[] = [];
  private end: (outcome: Outcome) => void = () => undefined;
  readonly outcome: Promise<Outcome>;

  constructor(about: About, fate: Fate, calls: CallNote[]) {
    this.about = about;
    this.fate = fate;
    this.calls = calls;
    this.outcome = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  settle(outcome: Outcome): void {
    this.end(outcome);
  }

  /** The process is gone: memory, timers and connections with it. */
  die(error: string, cause: string): void {
    if (this.isDead) return;
    this.isDead = true;
    for (const tell of this.deaths) tell();
    this.settle({ error: { Error: error, Cause: cause } });
  }

  onDeath(tell: () => void): void {
    this.deaths.push(tell);
  }

  /** A call to the outside: waits for its turn, may meet an accident, has its effect. */
  async call<Value>(what: string, effect: () => Value | Promise<Value>, failure: Failure): Promise<Value> {
    const here = place.getStore();
    if (!here || this.isDead) return never();
    const { functionName, number: invocation, isOfOldRun } = this.about;
    const note = { number: this.calls.length, functionName, invocation, what, isOfOldRun };
    this.calls.push(note);
    await here.simulation.turn();
    if (this.isDead) return never();
    const accident = this.fate.at(note);
    if (accident) await this.before(accident, here, failure);
    if (this.isDead) return never();
    const value = await effect();
    if (this.isDead) return never();
    if (accident === 'dies-after') this.die('Runtime.ExitError', 'The process ended.');
    if (this.isDead) return never();
    if (accident === 'fails-after') throw failure(true);
    return value;
  }

  private async before(accident: Accident, { simulation }: Place, failure: Failure): Promise<void> {
    switch (accident) {
      case 'dies-before':
        return this.die('Runtime.ExitError', 'The process ended.');
      case 'fails-before':
        throw failure(false);
      case 'given-up':
        this.settle({
          error: { Error: 'Lambda.ClientExecutionTimeoutException', Cause: 'No answer in time.' },
        });
        return simulation.sleep(simulation.random.pick(HANGS_MS));
      case 'restarted':
      case 'execution-lost':
      case 'told-again':
      case 'cancelled':
      case 'interrupted':
        return this.fate.befall(accident);
      case 'dies-after':
      case 'fails-after':
        return undefined;
    }
  }
}
