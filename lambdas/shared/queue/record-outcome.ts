import type { JobState } from '../../../core/jobs/job.ts';
import type { ProviderError } from '../../../core/kernel/errors.ts';
import { circuitOpeningCode } from '../../../core/providers/provider-fault.ts';
import { closeCircuit, openCircuit } from '../../../core/queue/circuit-breaker.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { afterThrottle } from '../../../core/queue/rate-limit.ts';
import { loggable, logger } from '../platform/logger.ts';
import { providerSettings } from '../platform/settings.ts';
import { updateProviderState, wake } from '../table/provider-state.ts';

// What the answer to a submit means for the provider, beside what it means for the job.

/**
 * A refusal may pause the provider or open its circuit. This is written before the job releases its slot, so that no other job is
 * submitted meanwhile. Answers whether this refusal opened the circuit. An error here never fails the job's own record.
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
      // The provider answers again, whatever it says of this one submit.
      const answering = current.breaker?.probe?.jobId === jobId ? closeCircuit(current) : current;
      return error.name === 'ProviderThrottled'
        ? afterThrottle(answering, error.retryAfterSeconds, now)
        : answering;
    });
    // No alarm counts this line, which may be lost with the answer to the write. The sweeper's line is counted.
    if (isFirst) logger.warn('circuit opened', { provider, code, until: providerState.breaker?.retryAt });
  } catch (cause) {
    logger.error('the refusal could not be recorded for its provider', { provider, error: loggable(cause) });
  }
  return isFirst;
};

/** A submit was accepted: closes the circuit. If this fails, admit-jobs closes it when it reads the probe's job. */
export const recordAccepted = async (
  { provider = '', jobId }: JobState,
  providerState: ProviderState,
): Promise<void> => {
  if (!providerState.breaker) return;
  try {
    await updateProviderState(provider, (current) => (current.breaker ? closeCircuit(current) : current));
    await wake(provider);
    logger.info('circuit closed', { provider, jobId });
  } catch (cause) {
    logger.warn('the circuit could not be closed', { provider, error: loggable(cause) });
  }
};
