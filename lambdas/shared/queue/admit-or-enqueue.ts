import type { Job, JobChange, JobState } from '../../../core/jobs/job.ts';
import type { StepAnswer } from '../../../core/kernel/contract.ts';
import { secondsBetween } from '../../../core/kernel/time.ts';
import { admit, admitAtOnce, isLimited, moveSendSlot } from '../../../core/queue/admission.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { reserveSendSlot, sendSlotOf } from '../../../core/queue/rate-limit.ts';
import { now } from '../platform/clock.ts';
import { providerSettings } from '../platform/settings.ts';
import { StaleJob } from '../table/job-errors.ts';
import { saveJob, saveWithWrites } from '../table/job-store.ts';
import { loadProviderState, providerStateWrite } from '../table/provider-state.ts';
import { providerOf, putSlot } from '../table/queue-items.ts';
import { loadQueueState, peekQueue } from '../table/queue-store.ts';
import { pause } from '../table/retry-on-conflict.ts';

/** What else may become of a job than to wait for a provider that is parked. Handed in: not all who admit need all it needs. */
export type WhenCircuitOpen = (job: Job, providerState: ProviderState, now: string) => JobChange | undefined;

const TRIES = 5;

/**
 * What a job that is prepared does next: orders, waits for its time, or waits in the queue. Without limits nothing is read and
 * nothing is written for this.
 */
export const admitOrEnqueue = async (job: Job, whenCircuitOpen: WhenCircuitOpen): Promise<StepAnswer> => {
  const { state } = job;
  const provider = providerOf(state);
  const limits = providerSettings(provider);
  // An earlier run, or an earlier try of this step, got it.
  if (state.slot !== undefined) return atSendSlot(state);
  if (state.status === 'queued') return { next: 'queue' };
  if (!isLimited(limits)) return { next: 'submit' };
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const [{ providerState, taken }, heads] = await Promise.all([
      loadQueueState(provider, limits.maxInFlight),
      peekQueue(provider, 1),
    ]);
    const moved = whenCircuitOpen(job, providerState, now());
    if (moved) return admitOrEnqueue(await saveJob(job, moved), whenCircuitOpen);
    if (heads.length > 0) return { next: 'queue' };
    const situation = { providerState, taken, limits, now: now(), chance: Math.random() };
    const admission = admitAtOnce(situation, state.jobId);
    if (!admission) return { next: 'queue' };
    try {
      const admitted = await saveWithWrites(job, admit(state, admission, now()), [
        putSlot(job.state, admission),
        ...(admission.providerState === providerState
          ? []
          : [providerStateWrite(provider, admission.providerState)]),
      ]);
      return atSendSlot(admitted.state);
    } catch (error) {
      if (!(error instanceof StaleJob)) throw error;
      await pause(tries);
    }
  }
  return { next: 'queue' };
};

const atSendSlot = ({ sendAt }: JobState): StepAnswer => {
  const turn = sendSlotOf(sendAt, now());
  return turn.is === 'ahead' ? { next: 'send-slot', waitSeconds: turn.seconds } : { next: 'submit' };
};

/** A time of its own for an order that missed its first: 0 seconds from now where nobody has the present. */
export const reschedule = async (job: Job): Promise<{ readonly job: Job; readonly waitSeconds: number }> => {
  const provider = providerOf(job.state);
  try {
    const turn = reserveSendSlot(await loadProviderState(provider), providerSettings(provider), now());
    const moved = await saveWithWrites(job, moveSendSlot(job.state, turn.sendAt, now()), [
      providerStateWrite(provider, turn.providerState),
    ]);
    return { job: moved, waitSeconds: Math.max(0, Math.ceil(secondsBetween(now(), turn.sendAt))) };
  } catch (error) {
    if (!(error instanceof StaleJob)) throw error;
    // Others take theirs at this moment.
    return { job, waitSeconds: 1 };
  }
};
