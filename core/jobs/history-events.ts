import type * as z from 'zod';
import { nextWaitSeconds, type PollTimes } from './poll-schedule.ts';

// Step Functions ends an execution at its 25,000th history event. Then the sweeper gives the job another run, but an alarm goes
// off, so a poll plan must fit into one execution.

/** Quota "Maximum number of events in an execution's event history" (Step Functions, "Quotas"). */
export const MAX_HISTORY_EVENTS = 25_000;

/** Task state entered, function scheduled, started, succeeded, state exited; Choice entered, exited; Wait entered, exited. */
export const EVENTS_PER_POLL = 9;

/**
 * What else one execution may need: 48 h of failed downloads (75 rounds of 32 events: four tries of three events, two CheckJobs, two
 * Waits) and a dozen steps with 65 throttled tries each (three events a try).
 */
export const RESERVED_EVENTS = 5000;

/** How often a provider is polled for one job at most: from a second after the submit until it deletes the video. */
export const mostPolls = (times: PollTimes, stopAfter = Number.POSITIVE_INFINITY): number => {
  // Learned latencies move the first poll forward, to one second at the earliest.
  const earliest = { ...times, firstWaitSeconds: 1 };
  let polls = 0;
  for (let seconds = 1; seconds < times.retentionSeconds && polls <= stopAfter; polls += 1)
    seconds += nextWaitSeconds(seconds, earliest);
  return polls;
};

/** The most polls that fit into one execution. */
const MOST_POLLS = Math.floor((MAX_HISTORY_EVENTS - RESERVED_EVENTS) / EVENTS_PER_POLL);

/** Adds an issue for a deadline whose polls do not fit into the history of one execution. */
export const checkHistory = (times: PollTimes, context: z.RefinementCtx): void => {
  const polls = mostPolls(times, MOST_POLLS);
  if (polls <= MOST_POLLS) return;
  context.addIssue({
    code: 'custom',
    path: ['deadlineSeconds'],
    input: times.deadlineSeconds,
    message: `so short that one execution holds the polls: at most ${MOST_POLLS} fit (${MAX_HISTORY_EVENTS.toLocaleString('en')} history events, ${RESERVED_EVENTS.toLocaleString('en')} of them for downloads and retries, ${EVENTS_PER_POLL} a poll). Lower it, or raise pollStepSeconds`,
  });
};
