import type { Job, JobChange, JobState } from '../../../core/jobs/job.ts';
import { type StepAnswer, WAIT_FOR_SEND_SLOT } from '../../../core/kernel/contract.ts';
import { secondsBetween } from '../../../core/kernel/time.ts';
import { admit, admitAtOnce, isLimited, moveSendSlot } from '../../../core/queue/admission.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { reserveSendSlot, sendSlotOf } from '../../../core/queue/rate-limit.ts';
import { now } from '../platform/clock.ts';
import { providerSettings } from '../platform/settings.ts';
import { isStaleJob } from '../table/job-errors.ts';
import { saveJob, saveWithWrites } from '../table/job-store.ts';
import { loadProviderState, providerStateWrite } from '../table/provider-state.ts';
import { providerOf, putSlot } from '../table/queue-items.ts';
import { loadQueueState, peekQueue } from '../table/queue-store.ts';
import { retryOnConflict } from '../table/retry-on-conflict.ts';

/** The alternative for a job whose provider's circuit is open. An argument, so that not every caller bundles what it needs. */
export type WhenCircuitOpen = (job: Job, providerState: ProviderState, now: string) => JobChange | undefined;

// The workflow waits for this step: 0.75 s of pauses at most.
const TRIES = 5;

/**
 * What a prepared job does next: it is submitted, waits for its send slot, or is enqueued. Without limits nothing is read and
 * nothing is written for this.
 */
export const admitOrEnqueue = async (job: Job, whenCircuitOpen: WhenCircuitOpen): Promise<StepAnswer> => {
  const { state } = job;
  // An earlier run, or an earlier try of this step, took the slot.
  if (state.slot !== undefined) return atSendSlot(state);
  if (state.status === 'queued') return { next: 'queue' };
  if (!isLimited(providerSettings(providerOf(state)))) return { next: 'submit' };
  const outcome = await admitUnlessConflicting(job, whenCircuitOpen);
  return 'next' in outcome ? outcome : admitOrEnqueue(await saveJob(job, outcome), whenCircuitOpen);
};

/** A job that meets others' admissions time and again waits in the queue with them. */
const admitUnlessConflicting = async (
  job: Job,
  whenCircuitOpen: WhenCircuitOpen,
): Promise<StepAnswer | JobChange> => {
  try {
    return await retryOnConflict(() => tryToAdmit(job, whenCircuitOpen), {
      tries: TRIES,
      isConflict: isStaleJob,
    });
  } catch (error) {
    if (!isStaleJob(error)) throw error;
    return { next: 'queue' };
  }
};

/** Answers the change where the job goes to another provider instead; nothing is written then. */
const tryToAdmit = async (job: Job, whenCircuitOpen: WhenCircuitOpen): Promise<StepAnswer | JobChange> => {
  const { state } = job;
  const provider = providerOf(state);
  const limits = providerSettings(provider);
  const [{ providerState, taken }, heads] = await Promise.all([
    loadQueueState(provider, limits.maxInFlight),
    peekQueue(provider, 1),
  ]);
  const moved = whenCircuitOpen(job, providerState, now());
  if (moved) return moved;
  if (heads.length > 0) return { next: 'queue' };
  const admission = admitAtOnce(
    { providerState, taken, limits, now: now(), chance: Math.random() },
    state.jobId,
  );
  if (!admission) return { next: 'queue' };
  const admitted = await saveWithWrites(job, admit(state, admission, now()), [
    putSlot(state, admission),
    ...(admission.providerState === providerState
      ? []
      : [providerStateWrite(provider, admission.providerState)]),
  ]);
  return atSendSlot(admitted.state);
};

const atSendSlot = ({ sendAt }: JobState): StepAnswer => {
  const turn = sendSlotOf(sendAt, now());
  return turn.is === 'ahead' ? { next: WAIT_FOR_SEND_SLOT, waitSeconds: turn.seconds } : { next: 'submit' };
};

/** Another send slot for a job that missed its first: 0 seconds from now where the present one is free. */
export const reschedule = async (job: Job): Promise<{ readonly job: Job; readonly waitSeconds: number }> => {
  const provider = providerOf(job.state);
  try {
    const turn = reserveSendSlot(await loadProviderState(provider), providerSettings(provider), now());
    const moved = await saveWithWrites(job, moveSendSlot(job.state, turn.sendAt, now()), [
      providerStateWrite(provider, turn.providerState),
    ]);
    return { job: moved, waitSeconds: Math.max(0, Math.ceil(secondsBetween(now(), turn.sendAt))) };
  } catch (error) {
    if (!isStaleJob(error)) throw error;
    // Other jobs reserve theirs at this moment.
    return { job, waitSeconds: 1 };
  }
};
