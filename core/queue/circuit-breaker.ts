import type { FailureCode } from '../kernel/contract.ts';
import type { ProviderError } from '../kernel/errors.ts';
import { plusSeconds } from '../kernel/time.ts';
import { type DialectId, quotaTimeZoneOf } from '../providers/registry.ts';
import type { Breaker, ProviderState } from './provider-state.ts';

// 30 s, 1, 2, 4, 8, then every 15 min: about 100 refused submits a day, which cost nothing.
const FIRST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 900;
/** When a quota is still used up after its reset: the time zone is wrong, or another client used the quota. */
const QUOTA_PAUSE_SECONDS = 3600;
// Clocks differ, and some quotas reset minutes late.
const AFTER_RESET_SECONDS = 300;

const pauseSeconds = (refusals: number): number =>
  Math.min(FIRST_PAUSE_SECONDS * 2 ** (refusals - 1), LONGEST_PAUSE_SECONDS);

export interface OpenedCircuit {
  readonly providerState: ProviderState;
  /** The first refusal: tell a person now, once. */
  readonly isNew: boolean;
}

/**
 * Opens the circuit after a refusal that would meet every job: only one half-open probe at a time is submitted, after growing pauses.
 * Refusals of submits that were under way when the circuit opened say nothing new.
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
  // Google adds a delay of seconds even when the quota of a whole day is used up: only a long delay counts.
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

/** The provider accepted a submit: the circuit closes. */
export const closeCircuit = ({ breaker: _, ...providerState }: ProviderState): ProviderState => providerState;

export const startProbe = (providerState: ProviderState, jobId: string, now: string): ProviderState =>
  providerState.breaker
    ? { ...providerState, breaker: { ...providerState.breaker, probe: { jobId, since: now } } }
    : providerState;

/** Whether a half-open probe is due, and none is under way. */
export const isProbeDue = ({ probe, retryAt }: Breaker, now: string): boolean =>
  probe === undefined && retryAt <= now;

/** The probe was not submitted, for example because it was cancelled. Another job may be the probe. */
export const clearProbe = (providerState: ProviderState): ProviderState => {
  if (!providerState.breaker) return providerState;
  const { probe: _, ...breaker } = providerState.breaker;
  return { ...providerState, breaker };
};

/** A person pauses the submits of a provider, or resumes them: at once, whatever was wrong before. */
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
