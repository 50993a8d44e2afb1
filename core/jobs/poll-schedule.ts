import type { Expectation } from './latency.ts';
import type { PollSettings } from './settings.ts';

/** The times of one provider that a poll plan goes by, in seconds. */
export type PollTimes = Pick<
  PollSettings,
  'firstWaitSeconds' | 'pollStepSeconds' | 'deadlineSeconds' | 'retentionSeconds' | 'doubtSeconds'
>;

/**
 * The times of one job: its first question comes a little before the fastest tenth of the videos like it. A little, so that a
 * provider that became faster is noticed: a video is never seen before it is asked for.
 */
export const timesOf = (settings: PollTimes, expected: Expectation | undefined): PollTimes =>
  expected
    ? {
        ...settings,
        firstWaitSeconds: Math.ceil(
          Math.min(Math.max(expected.earliestSeconds * 0.8, 1), settings.deadlineSeconds),
        ),
      }
    : settings;

/** Whether the video may be there any moment, so that asking again at once is worth more than another round of the workflow. */
export const isNear = (elapsedSeconds: number, expected: Expectation | undefined, progress = 0): boolean =>
  progress >= NEAR_PROGRESS ||
  (expected !== undefined &&
    elapsedSeconds >= expected.earliestSeconds * 0.8 &&
    elapsedSeconds <= expected.latestSeconds);

/** Percent. */
const NEAR_PROGRESS = 80;
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

/**
 * Seconds between two tries to fetch a video that is ready and does not come: as often as the workflow's own wait allows in the
 * first hour, then a tenth of the time it has been ready, at most an hour (48 h are about 75 rounds, 3,000 of 25,000 history
 * events), and always once more before it is too late.
 */
export const downloadPauseSeconds = (readySeconds: number, secondsLeft: number): number =>
  Math.ceil(Math.max(0, Math.min(readySeconds / 10, LONGEST_WAIT_SECONDS, secondsLeft / 2)));

const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), Math.max(low, high));
