import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { never } from './call.ts';
import { simulatedContext } from './context.ts';

type Callback = (...given: unknown[]) => void;

/** The part of `setTimeout`'s return value that the code uses. */
class VirtualTimeout {
  private cancelled = false;
  private readonly drop: () => void;

  constructor(callback: Callback, ms: number, given: unknown[]) {
    const here = simulatedContext.getStore();
    if (!here) throw new Error('There is no virtual time here.');
    const { scheduler, invocation } = here;
    const alarm = scheduler.after(Number.isFinite(ms) ? ms : 0, () => {
      // The timers of a process end with it.
      if (!this.cancelled && !invocation?.isDead) simulatedContext.run(here, () => callback(...given));
    });
    this.drop = () => scheduler.cancel(alarm);
  }

  cancel(): void {
    this.cancelled = true;
    this.drop();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

const real = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  now: performance.now,
  random: Math.random,
  timersSetTimeout: timers.setTimeout,
  timersClearTimeout: timers.clearTimeout,
  sleep: timersPromises.setTimeout,
};

const virtually =
  (otherwise: (...given: never[]) => unknown) =>
  (callback: Callback, ms = 0, ...given: unknown[]): unknown =>
    simulatedContext.getStore()
      ? new VirtualTimeout(callback, ms, given)
      : Reflect.apply(otherwise, globalThis, [callback, ms, ...given]);

const clearing =
  (otherwise: (...given: never[]) => unknown) =>
  (timeout: unknown): void => {
    if (timeout instanceof VirtualTimeout) timeout.cancel();
    else Reflect.apply(otherwise, globalThis, [timeout]);
  };

const sleep = (ms = 0, value?: unknown, options: { signal?: AbortSignal } = {}): Promise<unknown> => {
  const here = simulatedContext.getStore();
  if (!here) return real.sleep(ms, value, options);
  return new Promise((resolve, reject) => {
    here.scheduler.after(ms, () => resolve(here.invocation?.isDead ? never() : value));
    options.signal?.addEventListener('abort', () => reject(options.signal?.reason));
  });
};

const VirtualDate = new Proxy(real.Date, {
  construct: (target, given, newTarget) =>
    Reflect.construct(
      target,
      given.length === 0 ? [simulatedContext.getStore()?.scheduler.now ?? real.Date.now()] : given,
      newTarget,
    ),
  get: (target, property, receiver) =>
    property === 'now'
      ? () => simulatedContext.getStore()?.scheduler.now ?? real.Date.now()
      : Reflect.get(target, property, receiver),
});

/** From now on code inside a simulation sees virtual time, all other code real time. Returns the undo. */
export const installVirtualTime = (): (() => void) => {
  const replace = (sources: typeof real) => {
    Object.assign(globalThis, {
      Date: sources.Date,
      setTimeout: sources.setTimeout,
      clearTimeout: sources.clearTimeout,
    });
    Object.assign(performance, { now: sources.now });
    Object.assign(Math, { random: sources.random });
    Object.assign(timers, { setTimeout: sources.timersSetTimeout, clearTimeout: sources.timersClearTimeout });
    Object.assign(timersPromises, { setTimeout: sources.sleep });
    syncBuiltinESMExports();
  };
  const virtual = {
    Date: VirtualDate,
    setTimeout: virtually(real.setTimeout),
    clearTimeout: clearing(real.clearTimeout),
    now: () => simulatedContext.getStore()?.scheduler.now ?? real.now.call(performance),
    random: () => simulatedContext.getStore()?.scheduler.random.next() ?? real.random(),
    timersSetTimeout: virtually(real.timersSetTimeout),
    timersClearTimeout: clearing(real.timersClearTimeout),
    sleep,
  };
  // Node's timer types have more members than the code here uses.
  replace(virtual as unknown as typeof real);
  return () => replace(real);
};
