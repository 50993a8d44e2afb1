import { logger } from '../../../lambdas/shared/platform/logger.ts';
import { simulatedContext } from './context.ts';
import type { Scheduler } from './scheduler.ts';

const listeners = new WeakMap<Scheduler, (line: string) => void>();

/** Passes every log line of a simulation to the check for secrets. Nothing is printed. */
export const listenToLogs = (scheduler: Scheduler, listen: (line: string) => void): void => {
  listeners.set(scheduler, listen);
};

const hear = (line: unknown): void => {
  const scheduler = simulatedContext.getStore()?.scheduler;
  if (scheduler) listeners.get(scheduler)?.(String(line));
};

/** Sets the functions' logger to its most verbose level and captures its lines. */
export const installLogs = (): void => {
  logger.setLogLevel('DEBUG');
  Reflect.set(logger, 'console', {
    debug: hear,
    info: hear,
    log: hear,
    warn: hear,
    error: hear,
    trace: hear,
  });
};
