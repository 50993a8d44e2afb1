import type { Expectation } from './latency.ts';
import type { PollSettings } from './settings.ts';

/** The times of one provider that make up a poll schedule, in seconds. */
export type PollTimes = Pick<
  PollSettings,
  'firstWaitSeconds' | 'pollStepSeconds' | 'deadlineSeconds' | 'retentionSeconds' | 'doubtSeconds'
>;

/**
 * The times of one job: its first poll comes a little before the fastest tenth of similar videos are ready. A little before, because
 * no video is seen before a poll: otherwise a provider that became faster would go unnoticed.
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

/** Whether the video may be ready any moment, so that another poll at once is cheaper than another round of the workflow. */
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
 * Seconds until the next poll, from the time since the submit alone: an unchanged answer writes nothing, so nothing counts the
 * polls. Short steps first, then growing by half the time already spent beyond the first wait; past the
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
 * Seconds between two downloads of a video that is ready but cannot be fetched: as often as the workflow's own wait allows in the
 * first hour, then a tenth of the time since it was ready, at most an hour (48 h are about 75 rounds, 3,000 of 25,000 history
 * events), and always once more before the provider deletes it.
 */
export const downloadPauseSeconds = (readySeconds: number, secondsLeft: number): number =>
  Math.ceil(Math.max(0, Math.min(readySeconds / 10, LONGEST_WAIT_SECONDS, secondsLeft / 2)));

const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), Math.max(low, high));
