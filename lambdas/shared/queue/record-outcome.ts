import type { JobState } from '../../../core/jobs/job.ts';
import type { ProviderError } from '../../../core/kernel/errors.ts';
import { circuitOpeningCode } from '../../../core/providers/provider-fault.ts';
import { closeCircuit, openCircuit } from '../../../core/queue/circuit-breaker.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { afterThrottle } from '../../../core/queue/rate-limit.ts';
import { loggable, logger } from '../platform/logger.ts';
import { providerSettings } from '../platform/settings.ts';
import { updateProviderState, wake } from '../table/provider-state.ts';

// What an answer to an order says about the provider, beside what it says about the job.

/**
 * A refusal may mean a pause, or that the provider is parked; written before the job lets go of its slot, so that nobody takes its
 * place blindly. Answers whether this job's refusal was the one that parked it. The job's own record never fails for this.
 */
export const recordRejection = async (
  { provider = '', jobId }: JobState,
  error: ProviderError,
  now: string,
): Promise<boolean> => {
  const code = circuitOpeningCode(error.name);
  const { dialect } = providerSettings(provider);
  let isFirst = false;
  try {
    const providerState = await updateProviderState(provider, (current) => {
      isFirst = false;
      if (code !== undefined) {
        const opened = openCircuit(current, { jobId, code, error }, dialect, now);
        isFirst = opened.isNew;
        return opened.providerState;
      }
      // The provider listens again, whatever it says of this one order.
      const answering = current.breaker?.probe?.jobId === jobId ? closeCircuit(current) : current;
      return error.name === 'ProviderThrottled'
        ? afterThrottle(answering, error.retryAfterSeconds, now)
        : answering;
    });
    // Nobody counts on this line: it may be lost with the answer to the write. The alarm is the sweeper's.
    if (isFirst) logger.warn('orders are refused', { provider, code, until: providerState.breaker?.retryAt });
  } catch (cause) {
    logger.error('the refusal could not be noted for its provider', { provider, error: loggable(cause) });
  }
  return isFirst;
};

/** An order was taken: a parked provider goes on. Should this fail, admit-jobs sees it by the job. */
export const recordAccepted = async (
  { provider = '', jobId }: JobState,
  providerState: ProviderState,
): Promise<void> => {
  if (!providerState.breaker) return;
  try {
    await updateProviderState(provider, (current) => (current.breaker ? closeCircuit(current) : current));
    await wake(provider);
    logger.info('provider goes on', { provider, jobId });
  } catch (cause) {
    logger.warn('that the provider goes on could not be noted', { provider, error: loggable(cause) });
  }
};
