import { plusSeconds, secondsBetween } from '../kernel/time.ts';
import type { ProviderState } from './provider-state.ts';
import type { QueueLimits } from './settings.ts';

// When submits may be sent. Send slots are reserved one after the other (GCRA without a burst: a bucket of N a minute would let 2N
// through within a minute), and a submit that misses its send slot takes another.

type Limits = Pick<QueueLimits, 'submitsPerMinute'>;

/** No send slot further ahead is reserved: a longer wait is in the queue, where a job can be cancelled and the order is fair. */
export const AHEAD_SECONDS = 60;

/** How late a submit may be sent: Wait counts whole seconds, a function starts within two. */
const LATE_SECONDS = 3;

// The POST arrives at most 3 s (LATE) + 3 s (intent, key, signature, connection) after its time. With N intervals of
// (60 + 6) / N s between a submit and the Nth after it, they are 60 s apart even when the first was late and the last was not.
const MARGIN_SECONDS = 6;

/** Seconds between two submits; 0 without a limit. */
export const intervalSeconds = (providerState: ProviderState, limits: Limits, now: string): number =>
  Math.max(
    limits.submitsPerMinute === undefined ? 0 : (60 + MARGIN_SECONDS) / limits.submitsPerMinute,
    learnedSeconds(providerState, now),
  );

const FORGET_SECONDS = 600;

/** The interval learned from refusals, halved after every ten minutes without another. */
const learnedSeconds = ({ learned }: ProviderState, now: string): number => {
  if (!learned) return 0;
  const seconds =
    learned.seconds / 2 ** Math.floor(Math.max(0, secondsBetween(learned.at, now)) / FORGET_SECONDS);
  return seconds < SHORTEST_LEARNED_SECONDS ? 0 : seconds;
};

const SHORTEST_LEARNED_SECONDS = 0.5;
const LONGEST_LEARNED_SECONDS = 60;
const DEFAULT_PAUSE_SECONDS = 30;

/** Reserves the next send slot. `providerState` is the state with that reservation. */
export const reserveSendSlot = (
  providerState: ProviderState,
  limits: Limits,
  now: string,
): { readonly sendAt: string; readonly providerState: ProviderState } => {
  const sendAt = latest(
    now,
    providerState.nextSubmitAt,
    providerState.pausedUntil,
    providerState.breaker?.retryAt,
  );
  const interval = intervalSeconds(providerState, limits, now);
  return {
    sendAt,
    providerState:
      interval > 0 ? { ...providerState, nextSubmitAt: plusSeconds(sendAt, interval) } : providerState,
  };
};

/** Times in UTC as ISO 8601 sort as text. */
const latest = (...times: (string | undefined)[]): string =>
  times.reduce<string>((last, time) => (time !== undefined && time > last ? time : last), '');

export type SendSlot =
  | { readonly is: 'now' | 'missed' | 'none' }
  | { readonly is: 'ahead'; readonly seconds: number };

/** Where a reserved send slot is. */
export const sendSlotOf = (sendAt: string | undefined, now: string): SendSlot => {
  if (sendAt === undefined) return { is: 'none' };
  const seconds = secondsBetween(now, sendAt);
  if (seconds > 0) return { is: 'ahead', seconds: Math.ceil(seconds) };
  return { is: seconds < -LATE_SECONDS ? 'missed' : 'now' };
};

/**
 * After a 429: nothing is submitted for as long as the provider asks. From then on submits keep an interval, which doubles with each
 * new refusal. Refusals of submits that were sent before the pause say nothing new.
 */
export const afterThrottle = (
  providerState: ProviderState,
  retryAfterSeconds: number | undefined,
  now: string,
): ProviderState => {
  const isSameWave = providerState.pausedUntil !== undefined && providerState.pausedUntil > now;
  const pausedUntil = latest(
    plusSeconds(now, Math.max(1, retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS)),
    providerState.pausedUntil,
  );
  if (isSameWave) return { ...providerState, pausedUntil };
  const seconds = Math.min(LONGEST_LEARNED_SECONDS, Math.max(1, 2 * learnedSeconds(providerState, now)));
  return { ...providerState, pausedUntil, learned: { seconds, at: now } };
};
