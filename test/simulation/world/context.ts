import { AsyncLocalStorage } from 'node:async_hooks';
import type { Invocation } from './invocation.ts';
import type { Simulation } from './scheduler.ts';

/** Where a piece of code runs: in which simulation, and inside which invocation of a function, if any. */
export interface Place {
  readonly simulation: Simulation;
  readonly invocation?: Invocation;
}

export const place = new AsyncLocalStorage<Place>();

/** A promise that nobody ever hears of again: what is left of a process that died. */
export const never = <Value>(): Promise<Value> => new Promise<Value>(() => undefined);
