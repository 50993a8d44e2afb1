import type { FailureCode } from '../kernel/contract.ts';
import type { ProviderError } from '../kernel/errors.ts';
import { plusSeconds } from '../kernel/time.ts';
import { type DialectId, quotaTimeZoneOf } from '../providers/registry.ts';
import type { Breaker, ProviderState } from './provider-state.ts';

// 30 s, 1, 2, 4, 8, then every 15 min: about 100 refused orders a day, which cost nothing.
const FIRST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 900;
/** A quota that was not there after its reset: the zone was guessed wrong, or somebody else used it up. */
const QUOTA_PAUSE_SECONDS = 3600;
// Clocks differ, and quotas were seen to come back some minutes late.
const AFTER_RESET_SECONDS = 300;

const pauseSeconds = (refusals: number): number =>
  Math.min(FIRST_PAUSE_SECONDS * 2 ** (refusals - 1), LONGEST_PAUSE_SECONDS);

export interface OpenedCircuit {
  readonly providerState: ProviderState;
  /** The first refusal: this is the moment to tell a person, once. */
  readonly isNew: boolean;
}

/**
 * After a refusal that would meet every job: nothing more leaves but one probe at a time, after growing pauses. Refusals of
 * orders that were under way when it was parked say nothing new.
 */
export const openCircuit = (
  providerState: ProviderState,
  refusal: { readonly jobId: string; readonly code: FailureCode; readonly error: ProviderError },
  dialect: DialectId,
  now: string,
): OpenedCircuit => {
  const { breaker } = providerState;
  const { jobId, code, error } = refusal;
  if (breaker && breaker.probe?.jobId !== jobId) return { providerState, isNew: false };
  const refusals = (breaker?.refusals ?? 0) + 1;
  const next: Breaker = {
    code,
    message: error.message,
    since: breaker?.since ?? now,
    refusals,
    retryAt: retryAt(code, { refusals, askedSeconds: error.retryAfterSeconds ?? 0 }, dialect, now),
  };
  return { providerState: { ...providerState, breaker: next }, isNew: !breaker };
};

const retryAt = (
  code: FailureCode,
  { refusals, askedSeconds }: { readonly refusals: number; readonly askedSeconds: number },
  dialect: DialectId,
  now: string,
): string => {
  if (code !== 'PROVIDER_QUOTA') return plusSeconds(now, Math.max(askedSeconds, pauseSeconds(refusals)));
  // Google adds a delay of seconds to the refusals of a whole day, too: believed only where it can be meant.
  if (askedSeconds >= QUOTA_PAUSE_SECONDS) return plusSeconds(now, askedSeconds);
  return refusals === 1
    ? plusSeconds(quotaReset(dialect, now), AFTER_RESET_SECONDS)
    : plusSeconds(now, QUOTA_PAUSE_SECONDS);
};

/** When a daily quota resets, where the provider does not say: at midnight in the time zone of its dialect. */
export const quotaReset = (dialect: DialectId, now: string): string =>
  nextMidnight(now, quotaTimeZoneOf(dialect));

const DAY_SECONDS = 86_400;

const secondsOfDay = (time: string, timeZone: string): number => {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', timeStyle: 'medium' }).format(
    new Date(time),
  );
  const [hours = 0, minutes = 0, seconds = 0] = parts.split(':').map(Number);
  return hours * 3600 + minutes * 60 + seconds;
};

const nextMidnight = (now: string, timeZone: string): string => {
  const whole = `${now.slice(0, 19)}.000Z`;
  const guess = plusSeconds(whole, DAY_SECONDS - secondsOfDay(whole, timeZone));
  // On the two days a year that have 23 or 25 hours.
  const off = secondsOfDay(guess, timeZone);
  return plusSeconds(guess, off > DAY_SECONDS / 2 ? DAY_SECONDS - off : -off);
};

/** An order was taken: all is well again. */
export const closeCircuit = ({ breaker: _, ...providerState }: ProviderState): ProviderState => providerState;

export const startProbe = (providerState: ProviderState, jobId: string, now: string): ProviderState =>
  providerState.breaker
    ? { ...providerState, breaker: { ...providerState.breaker, probe: { jobId, since: now } } }
    : providerState;

/** Whether it is time to try a parked provider, and nobody does. */
export const isProbeDue = ({ probe, retryAt }: Breaker, now: string): boolean =>
  probe === undefined && retryAt <= now;

/** The probe did not try after all: it was cancelled, say. Another one may. */
export const clearProbe = (providerState: ProviderState): ProviderState => {
  if (!providerState.breaker) return providerState;
  const { probe: _, ...breaker } = providerState.breaker;
  return { ...providerState, breaker };
};

/** A person stops the orders, or lets them go on: at once, whatever was wrong before. */
export const pause = (
  providerState: ProviderState,
  by: string,
  reason: string | undefined,
  now: string,
): ProviderState => ({
  ...providerState,
  pause: { by, at: now, ...(reason === undefined ? {} : { reason }) },
});

export const resume = (providerState: ProviderState, now: string): ProviderState => {
  const { pause: _, pausedUntil: __, learned: ___, ...rest } = clearProbe(providerState);
  return rest.breaker ? { ...rest, breaker: { ...rest.breaker, retryAt: now } } : rest;
};
