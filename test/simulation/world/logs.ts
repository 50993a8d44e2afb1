import { logger } from '../../../lambdas/shared/platform/logger.ts';
import { simulatedContext } from './context.ts';
import type { Scheduler } from './scheduler.ts';

const listeners = new WeakMap<Scheduler, (line: string) => void>();

/** Hands every line that is logged inside a simulation to whoever looks for secrets; nothing is shown. */
export const listenToLogs = (scheduler: Scheduler, listen: (line: string) => void): void => {
  listeners.set(scheduler, listen);
};

const hear = (line: unknown): void => {
  const scheduler = simulatedContext.getStore()?.scheduler;
  if (scheduler) listeners.get(scheduler)?.(String(line));
};

/** The functions' logger says everything, and to us. */
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
