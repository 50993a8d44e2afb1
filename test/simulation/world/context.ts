import { AsyncLocalStorage } from 'node:async_hooks';
import type { Invocation } from './invocation.ts';
import type { Scheduler } from './scheduler.ts';

/** The world that a piece of code runs in, and the invocation of a function, if any. */
export interface SimulatedContext {
  readonly scheduler: Scheduler;
  readonly invocation?: Invocation;
}

export const simulatedContext = new AsyncLocalStorage<SimulatedContext>();
