import { change, DUE_AFTER_SECONDS, DUE_SOON_SECONDS, ownSlot } from '../jobs/change.ts';
import { isEnded, type JobChange, type JobState } from '../jobs/job.ts';
import { plusSeconds, secondsBetween } from '../kernel/time.ts';
import { startProbe } from './circuit-breaker.ts';
import { virtualTimesAfter } from './fair-queue.ts';
import type { ProviderState } from './provider-state.ts';
import { AHEAD_SECONDS, intervalSeconds, reserveSendSlot, sendSlotOf } from './rate-limit.ts';
import type { QueueLimits } from './settings.ts';

// Who may order now. A job that may not waits in its provider's queue, in fair order, until it gets a slot and a time to send.

/** Without limits a job orders at once and nothing of this is looked at before. */
export const isLimited = ({ maxInFlight, submitsPerMinute }: QueueLimits): boolean =>
  maxInFlight !== undefined || submitsPerMinute !== undefined;

export interface Situation {
  readonly providerState: ProviderState;
  readonly limits: QueueLimits;
  readonly taken: ReadonlySet<string>;
  readonly now: string;
  /** Which of the free slots; any number from 0 to 1. Those who choose at the same moment should not choose the same. */
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
  // Beside slots that have no number of these, not all that are free may be taken: whoever chooses now has to choose the same.
  if (free.length + taken.size > maxInFlight) return free[0];
  return free[Math.min(Math.floor(chance * free.length), free.length - 1)];
};

/** A slot and a time for this job, or nothing when it has to wait. */
const admission = (situation: Situation, jobId: string): Admission | undefined => {
  const { providerState, limits, now } = situation;
  if (providerState.pause || providerState.breaker?.probe) return undefined;
  const slot = freeSlot(situation, jobId);
  const turn = reserveSendSlot(providerState, limits, now);
  if (slot === undefined || secondsBetween(now, turn.sendAt) > AHEAD_SECONDS) return undefined;
  return { slot, sendAt: turn.sendAt, providerState: startProbe(turn.providerState, jobId, now) };
};

/** For a job that just came. The caller has seen that nobody waits: nobody is overtaken. */
export const admitAtOnce = (situation: Situation, jobId: string): Admission | undefined =>
  situation.providerState.breaker ? undefined : admission(situation, jobId);

export interface Waiting {
  readonly jobId: string;
  readonly queueKey: string;
}

/**
 * The next of those who wait, in their order. While the provider is parked each probe is another one of the first: a job that is
 * refused for its own sake must not keep all others out.
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
  /** Its time is over; it takes another. */
  | { readonly is: 'missed' };

/** The last look before an order: a stop, a refusal or a limit may have come since the job was admitted. */
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
  const turn = sendSlotOf(state.sendAt, now);
  if (turn.is === 'ahead') return turn;
  if (intervalSeconds(providerState, limits, now) === 0 || turn.is === 'now') return { is: 'open' };
  return { is: turn.is === 'missed' ? 'missed' : 'closed' };
};

/** A slot and a time are the job's own. It stays as it is until its workflow goes on. */
export const admit = (
  state: JobState,
  { slot, sendAt }: Pick<Admission, 'slot' | 'sendAt'>,
  now: string,
): JobChange =>
  change(state, now, {
    slot,
    sendAt,
    // Should the word not reach its workflow, somebody looks soon after its time.
    ...(state.status === 'queued' ? { dueAt: plusSeconds(sendAt, DUE_SOON_SECONDS) } : {}),
  });

export const moveSendSlot = (state: JobState, sendAt: string, now: string): JobChange =>
  change(state, now, { sendAt });

/** The job waits in the queue, at this place. */
export const enqueue = (state: JobState, queueKey: string, now: string): JobChange =>
  change(
    state,
    now,
    { status: 'queued', queueKey, dueAt: plusSeconds(now, DUE_AFTER_SECONDS) },
    state.status === 'queued' ? undefined : 'Video Job Queued',
  );

/** Whether a job may stand in a queue: nothing is ordered, and it is not over. */
export const mayWait = (state: JobState): boolean =>
  !isEnded(state) && state.task === undefined && (state.status === 'accepted' || state.status === 'queued');

/** Whether what stands at this place of a queue is still this job, in this run. */
export const isWaitingAt = (
  state: JobState,
  { sk: queueKey, run }: { readonly sk: string; readonly run: number },
): boolean => mayWait(state) && state.run === run && state.queueKey === queueKey && state.slot === undefined;

/** Whether a job still needs the slot it has: it is being sent, or the provider makes its video. */
export const needsSlot = (state: JobState, slot: string): boolean => state.slot === slot && !isEnded(state);

/** What became of the job that was to try a parked provider. */
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

// A minute ahead, and then whatever a workflow needs to be woken by the sweeper.
const PROBE_PATIENCE_SECONDS = 600;
