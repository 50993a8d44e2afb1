/** How the run of a function ended, as its caller sees it. */
export type InvocationOutcome =
  | { readonly result: unknown }
  | { readonly error: { readonly Error: string; readonly Cause: string } };

/** What can go wrong at a call to the outside. */
export type Fault =
  /** The process dies before the call takes effect, or after. */
  | 'dies-before'
  | 'dies-after'
  /** The call fails without an effect, or its answer is lost. */
  | 'fails-before'
  | 'fails-after'
  /** The caller gives up and invokes again; this invocation hangs for a moment and then continues. */
  | 'given-up'
  /** Another run of the job starts while this one is at work. */
  | 'restarted'
  /** The execution is gone; no workflow continues the job. */
  | 'execution-lost'
  /** S3 notifies of the upload once more at this moment. */
  | 'notified-again'
  /** The owner cancels the job at this moment. */
  | 'cancelled'
  /** A rival acts at this moment; the call continues when the rival is done. */
  | 'interrupted';

/** Decides what happens at the n-th call to the outside of this job run. */
export interface FaultInjector {
  at(call: Call): Fault | undefined;
  /** Does what a fault needs from the world outside the invocation, which waits for it. */
  inject(fault: Fault): void | Promise<void>;
}

export interface Call {
  /** Counted over the whole job run, from 0. */
  readonly number: number;
  readonly functionName: string;
  /** The number of the invocation that makes the call. */
  readonly invocation: number;
  /** `TransactWrite`, `connect`, `answer POST …` */
  readonly what: string;
  /** The invocation is a step of a run that had lost the job before the step began. */
  readonly isOfOldRun: boolean;
}

/** The error of a failed call. `hadEffect`: the call took effect and only its answer was lost. */
export type Failure = (hadEffect: boolean) => Error;

/** Facts about an invocation that are known before it begins. */
export interface InvocationInfo {
  readonly functionName: string;
  /** Counted over the whole job run, from 0. */
  readonly number: number;
  /** The job whose step it is. */
  readonly jobId?: string | undefined;
  readonly isOfOldRun: boolean;
}

/** A promise that never settles: the code of a process that died waits for it. */
export const never = <Value>(): Promise<Value> => new Promise<Value>(() => undefined);
