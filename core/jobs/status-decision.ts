import type { NextStep } from '../kernel/contract.ts';
import type { ProviderError } from '../kernel/errors.ts';
import { secondsBetween } from '../kernel/time.ts';
import type { TaskStatus } from '../providers/provider.ts';
import type { ProviderConnection } from '../providers/settings.ts';
import { cancelled } from './cancel.ts';
import { fail } from './ending.ts';
import type { Failure, JobChange, JobState } from './job.ts';
import { downloadPauseSeconds, isNear, nextWaitSeconds, timesOf } from './poll-schedule.ts';
import type { PollSettings } from './settings.ts';
import { markOverdue, needAttention, recordUnconfirmedVerdict, startStoring } from './transitions.ts';
import { chargedForFiltered, chargedOf, timeUp, type Verdict, verdicts } from './verdicts.ts';

/** The settings of the provider that makes the video. */
export type PolledProvider = PollSettings & Pick<ProviderConnection, 'dialect'>;

/** What CheckJob does: at most one write, then where to go. */
export interface Decision {
  readonly change?: JobChange | undefined;
  readonly next: NextStep;
  readonly waitSeconds: number;
  /** The video may be there any moment: ask again at once, for as long as the settings allow. */
  readonly isNear?: true;
}

/** Seconds until a failure is asked about once more; relays were seen to flap for one poll. */
const CONFIRM_SECONDS = 5;
/** Answers needed before "no such task" or "finished, but empty" is believed, besides the time it must last. */
const DOUBT_ANSWERS = 5;

/** What the provider's answer means for the job. */
export const decideOnStatus = (
  state: JobState,
  status: TaskStatus,
  settings: PolledProvider,
  now: string,
): Decision => {
  switch (status.state) {
    case 'succeeded':
      return decideOnVideo(state, status, settings, now);
    case 'queued':
    case 'unknown':
      return keepAsking(state, settings, now);
    case 'running': {
      const decision = keepAsking(state, settings, now);
      return decision.change === undefined &&
        decision.next === 'wait' &&
        isNear(elapsedSeconds(state, now), state.expected, status.progress)
        ? { ...decision, isNear: true }
        : decision;
    }
    case 'failed':
    case 'filtered':
    case 'cancelled':
    case 'expired':
      // What was asked for is believed at once.
      if (status.state === 'cancelled' && state.cancelRequest)
        return end(state, cancelled(state, status.charged), now);
      return confirmOnRepeat(
        state,
        status.state,
        verdicts[status.state](status.reason),
        status.state === 'filtered' ? chargedForFiltered(state, status.charged, settings) : chargedOf(status),
        settings,
        now,
      );
    case 'empty':
      return confirmAfterDelay(state, 'empty', verdicts.empty(status.reason), settings, now);
  }
};

/** The video is there. A job that was storing already comes from a download that failed, which a person should know of. */
const decideOnVideo = (
  state: JobState,
  { outputs }: Extract<TaskStatus, { state: 'succeeded' }>,
  settings: PolledProvider,
  now: string,
): Decision => {
  if (state.status !== 'storing')
    return { change: startStoring(state, settings, now), next: 'store', waitSeconds: 0 };
  if (isTooLate(state, settings, now)) {
    // Never a byte, from an address that only the status word vouches for: relays say so of what failed or was filtered.
    const isNothing =
      outputs.every((output) => output.isUnconfirmed) && state.unconfirmed?.verdict === 'DOWNLOAD_FAILED';
    const failure = isNothing
      ? verdicts.empty(`it says "finished", but ${state.unconfirmed?.reason}`)
      : undefined;
    return end(state, failure ? { ...failure, charged: 'unknown' } : timeUp(state), now);
  }
  const change = needAttention(state, state.unconfirmed?.verdict ?? 'DOWNLOAD_FAILED', now);
  const waitSeconds = downloadWaitSeconds(state, now);
  return waitSeconds > 0 ? { change, next: 'wait', waitSeconds } : { change, next: 'store', waitSeconds: 0 };
};

const downloadWaitSeconds = ({ readyAt, mustDownloadBy, unconfirmed }: JobState, now: string): number => {
  if (!readyAt || !mustDownloadBy || !unconfirmed?.lastAt) return 0;
  const pause = downloadPauseSeconds(secondsBetween(readyAt, now), secondsBetween(now, mustDownloadBy));
  return Math.max(0, Math.ceil(pause - secondsBetween(unconfirmed.lastAt, now)));
};

/** What a question that went wrong means: the job goes on, whatever it was; only time ends it. */
export const decideOnError = (
  state: JobState,
  error: ProviderError,
  settings: PolledProvider,
  now: string,
): Decision => {
  // Some providers forget a task that was cancelled.
  if (error.name === 'TaskNotFound' && state.cancelRequest?.provider === 'asked')
    return end(state, cancelled(state, 'unknown'), now);
  if (error.name === 'TaskNotFound')
    return confirmAfterDelay(state, 'not-found', verdicts.expired(error.message), settings, now);
  // Some gateways tell of filtered content by a 400 or 503 to the question instead of a verdict.
  if (error.name === 'ProviderFilteredRequest')
    return confirmAfterDelay(
      state,
      'filtered',
      verdicts.filtered(error.message),
      settings,
      now,
      chargedForFiltered(state, 'unknown', settings),
    );
  return keepAsking(state, settings, now, error.retryAfterSeconds, state.unconfirmed);
};

const elapsedSeconds = (state: JobState, now: string): number =>
  secondsBetween(state.submittedAt ?? state.createdAt, now);

// A video that was ready is kept by the provider from then on, so its own date counts.
const isTooLate = (state: JobState, settings: PolledProvider, now: string): boolean =>
  state.mustDownloadBy === undefined
    ? elapsedSeconds(state, now) > settings.retentionSeconds
    : state.mustDownloadBy < now;

/** Asks again by the plan; past the deadline the job is overdue, past the provider's retention it is over. */
const keepAsking = (
  state: JobState,
  settings: PolledProvider,
  now: string,
  retryAfterSeconds?: number,
  unconfirmed?: JobState['unconfirmed'],
): Decision => {
  const elapsed = elapsedSeconds(state, now);
  if (isTooLate(state, settings, now)) return end(state, timeUp(state), now);
  const waitSeconds = nextWaitSeconds(elapsed, timesOf(settings, state.expected), retryAfterSeconds);
  if (elapsed > settings.deadlineSeconds && !state.overdue)
    return { change: markOverdue(state, now), next: 'wait', waitSeconds };
  const isDoubtGone = state.unconfirmed !== undefined && unconfirmed === undefined;
  return {
    change: isDoubtGone ? recordUnconfirmedVerdict(state, undefined, now) : undefined,
    next: 'wait',
    waitSeconds,
  };
};

const confirmOnRepeat = (
  state: JobState,
  verdict: string,
  reason: Verdict,
  charged: Failure['charged'],
  settings: PolledProvider,
  now: string,
): Decision => {
  const isSaidAgain = state.unconfirmed?.verdict === verdict;
  if (isSaidAgain || !settings.confirmFailure) return end(state, { ...reason, charged }, now);
  const unconfirmed = { verdict, reason: reason.message, since: now, answers: 1 };
  return {
    change: recordUnconfirmedVerdict(state, unconfirmed, now),
    next: 'wait',
    waitSeconds: CONFIRM_SECONDS,
  };
};

const confirmAfterDelay = (
  state: JobState,
  verdict: string,
  reason: Verdict,
  settings: PolledProvider,
  now: string,
  charged: Failure['charged'] = 'unknown',
): Decision => {
  const before = state.unconfirmed?.verdict === verdict ? state.unconfirmed : undefined;
  const unconfirmed = {
    verdict,
    reason: reason.message,
    since: before?.since ?? now,
    answers: (before?.answers ?? 0) + 1,
  };
  const hasLasted =
    secondsBetween(unconfirmed.since, now) >= settings.doubtSeconds && unconfirmed.answers >= DOUBT_ANSWERS;
  if (hasLasted) return end(state, { ...reason, charged }, now);
  const decision = keepAsking(state, settings, now, undefined, state.unconfirmed);
  if (decision.next !== 'wait' || decision.change) return decision;
  // Five answers within the time it must last, however long the plan would wait by now.
  const waitSeconds = Math.min(
    decision.waitSeconds,
    Math.max(CONFIRM_SECONDS, settings.doubtSeconds / DOUBT_ANSWERS),
  );
  return {
    change: recordUnconfirmedVerdict(state, unconfirmed, now),
    next: 'wait',
    waitSeconds: Math.ceil(waitSeconds),
  };
};

const end = (state: JobState, failure: Failure, now: string): Decision => ({
  change: fail(state, failure, now),
  next: 'end',
  waitSeconds: 0,
});
