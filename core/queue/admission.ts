import { change, DUE_AFTER_SECONDS, DUE_SOON_SECONDS, ownSlot } from '../jobs/change.ts';
import { isEnded, type JobChange, type JobState } from '../jobs/job.ts';
import { plusSeconds, secondsBetween } from '../kernel/time.ts';
import { startProbe } from './circuit-breaker.ts';
import { virtualTimesAfter } from './fair-queue.ts';
import type { ProviderState } from './provider-state.ts';
import { AHEAD_SECONDS, intervalSeconds, reserveSendSlot, sendSlotOf } from './rate-limit.ts';
import type { QueueLimits } from './settings.ts';

// Which job may be submitted now. The others wait in their provider's queue, in fair order, for a slot and a send slot.

/** Without limits a job is submitted at once, and none of this is read before. */
export const isLimited = ({ maxInFlight, submitsPerMinute }: QueueLimits): boolean =>
  maxInFlight !== undefined || submitsPerMinute !== undefined;

export interface Situation {
  readonly providerState: ProviderState;
  readonly limits: QueueLimits;
  readonly taken: ReadonlySet<string>;
  readonly now: string;
  /** Which of the free slots; any number from 0 to 1. Jobs that choose at the same moment should not choose the same slot. */
  readonly chance: number;
}

export interface Admission {
  readonly slot: string;
  readonly sendAt: string;
  readonly providerState: ProviderState;
}

/** The sort key of a slot. */
const slotKey = (number: number): string => String(number).padStart(4, '0');

const freeSlot = ({ limits, taken, chance }: Situation, jobId: string): string | undefined => {
  const { maxInFlight } = limits;
  if (maxInFlight === undefined) return ownSlot(jobId);
  if (taken.size >= maxInFlight) return undefined;
  const free = Array.from({ length: maxInFlight }, (_, number) => slotKey(number)).filter(
    (slot) => !taken.has(slot),
  );
  // Own slots have no number. While one is taken, not every free number may be: all jobs that choose now must choose the same.
  if (free.length + taken.size > maxInFlight) return free[0];
  return free[Math.min(Math.floor(chance * free.length), free.length - 1)];
};

/** A slot and a send slot for this job, or nothing if it has to wait. */
const admission = (situation: Situation, jobId: string): Admission | undefined => {
  const { providerState, limits, now } = situation;
  if (providerState.pause || providerState.breaker?.probe) return undefined;
  const slot = freeSlot(situation, jobId);
  const sendSlot = reserveSendSlot(providerState, limits, now);
  if (slot === undefined || secondsBetween(now, sendSlot.sendAt) > AHEAD_SECONDS) return undefined;
  return { slot, sendAt: sendSlot.sendAt, providerState: startProbe(sendSlot.providerState, jobId, now) };
};

/** For a job that just arrived. The caller has checked that the queue is empty, so no job is overtaken. */
export const admitAtOnce = (situation: Situation, jobId: string): Admission | undefined =>
  situation.providerState.breaker ? undefined : admission(situation, jobId);

export interface Waiting {
  readonly jobId: string;
  readonly queueKey: string;
}

/**
 * The next job of the queue. While the circuit is open each probe is another of the first jobs: a job that is itself the cause
 * of the refusals must not keep the others out.
 */
export const admitNext = (
  situation: Situation,
  heads: readonly Waiting[],
): (Admission & { readonly index: number }) | undefined => {
  const { breaker } = situation.providerState;
  const index = breaker ? (breaker.refusals - 1) % Math.max(1, heads.length) : 0;
  const head = heads[index];
  const admitted = head && admission(situation, head.jobId);
  if (!admitted) return undefined;
  return {
    ...admitted,
    providerState: {
      ...admitted.providerState,
      virtualTimes: virtualTimesAfter(admitted.providerState.virtualTimes, head.queueKey),
    },
    index,
  };
};

export type Gate =
  | { readonly is: 'open' }
  | { readonly is: 'closed' }
  | { readonly is: 'ahead'; readonly seconds: number }
  /** Its send slot is over; it takes another. */
  | { readonly is: 'missed' };

/** The last check before a submit: a pause, a refusal or a limit may have come since the job was admitted. */
export const gateOf = (
  state: JobState,
  providerState: ProviderState,
  limits: QueueLimits,
  now: string,
): Gate => {
  const isProbe = providerState.breaker?.probe?.jobId === state.jobId;
  if (providerState.pause || (providerState.breaker && !isProbe)) return { is: 'closed' };
  if (limits.maxInFlight !== undefined && state.slot === undefined) return { is: 'closed' };
  if (
    providerState.pausedUntil !== undefined &&
    providerState.pausedUntil > now &&
    (state.sendAt ?? '') < providerState.pausedUntil
  )
    return { is: 'closed' };
  const sendSlot = sendSlotOf(state.sendAt, now);
  if (sendSlot.is === 'ahead') return sendSlot;
  if (intervalSeconds(providerState, limits, now) === 0 || sendSlot.is === 'now') return { is: 'open' };
  return { is: sendSlot.is === 'missed' ? 'missed' : 'closed' };
};

/** The job has a slot and a send slot. Its status stays until its workflow goes on. */
export const admit = (
  state: JobState,
  { slot, sendAt }: Pick<Admission, 'slot' | 'sendAt'>,
  now: string,
): JobChange =>
  change(state, now, {
    slot,
    sendAt,
    // If the workflow is not resumed, the sweeper checks soon after the send slot.
    ...(state.status === 'queued' ? { dueAt: plusSeconds(sendAt, DUE_SOON_SECONDS) } : {}),
  });

export const moveSendSlot = (state: JobState, sendAt: string, now: string): JobChange =>
  change(state, now, { sendAt });

/** The job waits in the queue, under this key. */
export const enqueue = (state: JobState, queueKey: string, now: string): JobChange =>
  change(
    state,
    now,
    { status: 'queued', queueKey, dueAt: plusSeconds(now, DUE_AFTER_SECONDS) },
    state.status === 'queued' ? undefined : 'Video Job Queued',
  );

/** Whether a job may wait in a queue: nothing is submitted, and the job is open. */
export const mayWait = (state: JobState): boolean =>
  !isEnded(state) && state.task === undefined && (state.status === 'accepted' || state.status === 'queued');

/** Whether the queue item under this key is still this job's, in this run. */
export const isWaitingAt = (
  state: JobState,
  { sk: queueKey, run }: { readonly sk: string; readonly run: number },
): boolean => mayWait(state) && state.run === run && state.queueKey === queueKey && state.slot === undefined;

/** Whether a job still needs its slot: it is being submitted, or the provider makes its video. */
export const needsSlot = (state: JobState, slot: string): boolean => state.slot === slot && !isEnded(state);

/** What happened to the job that is the half-open probe. */
export const outcomeOfProbe = (
  state: JobState | undefined,
  probe: { readonly since: string },
  now: string,
): 'trying' | 'taken' | 'lost' => {
  if (!state) return 'lost';
  if (state.submittedAt !== undefined && state.submittedAt >= probe.since) return 'taken';
  const isTrying = (state.status === 'queued' && state.slot !== undefined) || state.status === 'submitting';
  return isTrying && secondsBetween(probe.since, now) < PROBE_PATIENCE_SECONDS ? 'trying' : 'lost';
};

// A minute until the send slot, and then the time until the sweeper resumes the workflow.
const PROBE_PATIENCE_SECONDS = 600;
