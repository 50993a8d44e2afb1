import type { Job, JobChange } from '../../../core/jobs/job.ts';
import { ProviderError } from '../../../core/kernel/errors.ts';
import { isProbeDue } from '../../../core/queue/circuit-breaker.ts';
import { type Alternative, alternativesFor, moveTo, type Refusal } from '../../../core/queue/failover.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { logger } from '../platform/logger.ts';
import { settings } from '../platform/settings.ts';
import { providerFor } from '../providers/provider-client.ts';
import { videoRequest } from '../providers/video-request.ts';

export const CIRCUIT_OPEN: Refusal = { name: 'CircuitOpen', charged: 'no' };

/** Where a job goes that its provider refuses: the first alternative that can express its request, if there is one. */
export const alternativeFor = (
  job: Job,
  refusal: Refusal,
  isOpen: (provider: string) => boolean = () => true,
): Alternative | undefined =>
  alternativesFor(job, refusal, settings()).find(
    (alternative) => isOpen(alternative.provider) && isSendable(job, alternative),
  );

/** Moves a job whose submit was refused, free, to another provider. */
export const failOver = (job: Job, refusal: Refusal, now: string): JobChange | undefined => {
  const to = alternativeFor(job, refusal);
  if (!to) return undefined;
  logger.warn('job moved to another provider', { from: job.state.provider, ...to, why: refusal.name });
  return moveTo(job.state, to, refusal.name, now);
};

/** The same for a job that would wait because the circuit of its provider is open. */
export const failOverFromOpenCircuit = (
  job: Job,
  { breaker, pause }: ProviderState,
  now: string,
): JobChange | undefined =>
  // Jobs of a provider that a person paused wait for that person. The half-open probe stays: if every job left, the circuit
  // would never close.
  breaker && !pause && breaker.probe?.jobId !== job.state.jobId && !isProbeDue(breaker, now)
    ? failOver(job, CIRCUIT_OPEN, now)
    : undefined;

const isSendable = ({ state, request }: Job, { provider, model }: Alternative): boolean => {
  try {
    providerFor(provider).assertSendable(videoRequest({ request, state: { ...state, provider, model } }));
    return true;
  } catch (error) {
    if (error instanceof ProviderError) return false;
    throw error;
  }
};
