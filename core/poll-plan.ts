import type { ProviderSettings } from './settings.ts';

/** The times of one provider that a poll plan goes by, in seconds. */
export type PollTimes = Pick<
  ProviderSettings,
  'firstWaitSeconds' | 'pollStepSeconds' | 'deadlineSeconds' | 'retentionSeconds' | 'doubtSeconds'
>;

const LONGEST_STEP_SECONDS = 30;
const OVERDUE_STEP_SECONDS = 300;
const LONGEST_WAIT_SECONDS = 3600;

/**
 * Seconds until the provider is asked again, from the time since the submit alone: an unchanged answer writes nothing, so
 * nothing counts the polls. Short steps first, then growing by half the time already spent beyond the first wait; past the
 * deadline every 300 s, then every tenth of the age (48 h are about 110 polls, 1,000 of 25,000 history events).
 */
export const nextWaitSeconds = (elapsedSeconds: number, times: PollTimes, retryAfterSeconds = 0): number => {
  const planned =
    elapsedSeconds < times.deadlineSeconds
      ? clamp(
          (elapsedSeconds - times.firstWaitSeconds) / 2,
          times.pollStepSeconds,
          Math.max(LONGEST_STEP_SECONDS, times.pollStepSeconds),
        )
      : clamp(
          elapsedSeconds / 10,
          Math.min(OVERDUE_STEP_SECONDS, times.deadlineSeconds),
          LONGEST_WAIT_SECONDS,
        );
  return Math.ceil(clamp(retryAfterSeconds, planned, LONGEST_WAIT_SECONDS));
};

const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), Math.max(low, high));

export const secondsBetween = (earlier: string, later: string): number =>
  (Date.parse(later) - Date.parse(earlier)) / 1000;

export const plusSeconds = (time: string, seconds: number): string =>
  new Date(Date.parse(time) + seconds * 1000).toISOString();
