import type { JobFailure } from '../kernel/errors.ts';
import { plusSeconds } from '../kernel/time.ts';
import { change, NOT_ADMITTED, repairPauseSeconds } from './change.ts';
import {
  type Failure,
  isEnded,
  type JobChange,
  type JobState,
  type StoredAt,
  type StoredVideo,
} from './job.ts';
import { settleReservation } from './reservation.ts';
import { needAttention, recordUnknownSubmit } from './transitions.ts';

// How a job ends: each function takes the state and returns the write that follows.

export const succeed = (
  state: JobState,
  stored: {
    readonly video: StoredVideo;
    readonly videoCount: number;
    readonly moreVideos?: readonly StoredAt[];
    /** The part of the list price that is charged for the videos that came. */
    readonly costMicros: number | undefined;
  },
  now: string,
): JobChange =>
  change(
    state,
    now,
    {
      ...NOT_ADMITTED,
      status: 'succeeded',
      video: stored.video,
      videoCount: stored.videoCount > 1 ? stored.videoCount : undefined,
      moreVideos: stored.moreVideos?.length ? [...stored.moreVideos] : undefined,
      costMicros: stored.costMicros,
      reserved: state.reserved && { ...state.reserved, micros: stored.costMicros ?? state.reserved.micros },
      attention: undefined,
      failure: undefined,
      unconfirmed: undefined,
      repairs: undefined,
      finishedAt: now,
      dueAt: undefined,
    },
    'Video Job Succeeded',
  );

/**
 * Ends a job without a video: failed, or cancelled after a cancel request. A charge, or a possible one, needs a person's
 * attention.
 */
export const fail = (state: JobState, failure: Failure, now: string): JobChange => {
  // A free end of this submit does not settle what an earlier one may have cost.
  const charged = failure.charged === 'no' && state.atStakeMicros ? 'unknown' : failure.charged;
  return change(
    state,
    now,
    {
      ...NOT_ADMITTED,
      status: state.cancelRequest ? 'cancelled' : 'failed',
      failure: { ...failure, charged },
      reserved: settleReservation(state.reserved, failure.charged),
      lastSubmitWasFree: failure.charged === charged ? undefined : true,
      attention: charged === 'no' ? undefined : { reason: failure.code, since: now },
      unconfirmed: undefined,
      repairs: undefined,
      finishedAt: now,
      dueAt: undefined,
    },
    state.cancelRequest ? 'Video Job Cancelled' : 'Video Job Failed',
  );
};

export const toFailure = ({ code, message, advice, charged }: JobFailure): Failure => ({
  code,
  message,
  advice,
  charged,
});

/**
 * The change of a job whose workflow failed. A job that may have been paid for never fails here: with a task it stays open and
 * starts again; after an unanswered submit it waits for a person. Nor does a job fail that was not submitted yet: the error is
 * ours, and the sweeper starts the job again.
 */
export const giveUp = (
  state: JobState,
  attempt: { readonly answered: boolean } | undefined,
  now: string,
): JobChange | undefined => {
  if (isEnded(state) || state.status === 'submit-unknown') return undefined;
  // It only waits. The sweeper starts it again, and it keeps its queue key.
  if (state.status === 'queued')
    return change(state, now, { dueAt: plusSeconds(now, repairPauseSeconds(state.repairs ?? 0)) });
  if (state.task) {
    // The sweeper starts it again, sooner the first time than the fifth.
    const due = { ...state, dueAt: plusSeconds(now, repairPauseSeconds(state.repairs ?? 0)) };
    return needAttention(due, 'WORKFLOW_STOPPED', now) ?? change(due, now, {});
  }
  if (attempt && !attempt.answered) return recordUnknownSubmit(state, 'SUBMIT_UNANSWERED', now);
  // What it holds of the provider's slots is for others meanwhile; a new run asks for a slot again.
  if (state.status === 'accepted')
    return change(state, now, {
      ...NOT_ADMITTED,
      dueAt: plusSeconds(now, repairPauseSeconds(state.repairs ?? 0)),
    });
  return fail(
    state,
    {
      code: 'INTERNAL',
      message: 'Startframe could not go on with this job. Nothing was submitted.',
      advice: 'Read the logs of this job, then drop the frame again.',
      charged: 'no',
    },
    now,
  );
};
