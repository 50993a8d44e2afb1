import type { Credentials, Dialect } from '../dialects/dialect.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { Renderer } from '../media/renderer.ts';
import type { Ledger } from '../tasks/ledger.ts';
import type { TaskBook } from '../tasks/task-book.ts';
import type { ForeignOrigin } from './foreign-origin.ts';

/** The parts of a running gateway. */
export interface Gateway {
  /** How it names itself in its answers. */
  readonly url: string;
  readonly dialects: readonly Dialect[];
  readonly credentials: Credentials;
  readonly limits: GatewayLimits;
  /** How long a video stays at its address. */
  readonly filesTtlMs: number;
  readonly tasks: TaskBook;
  readonly ledger: Ledger;
  readonly faults: FaultPlan;
  readonly renderer: Renderer;
  readonly foreignOrigin: ForeignOrigin;
  /** Aborted when the gateway closes: all waits end. */
  readonly closing: AbortSignal;
}

/** Above these limits a submit is answered 429. */
export interface GatewayLimits {
  readonly inFlight: number;
  readonly perMinute: number;
}
