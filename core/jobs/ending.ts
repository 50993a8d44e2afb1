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
    /** Of the list price, what is charged for the videos that came. */
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
 * The end of a job without a video: failed, or cancelled where somebody had asked for that. Money that is or may be gone is
 * something for a person to see.
 */
export const fail = (state: JobState, failure: Failure, now: string): JobChange => {
  // What an earlier order may have cost is not settled by an end of the present one that is free.
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
 * What becomes of a job whose workflow could not go on. A job that may have been paid for never fails here: one with a task
 * stays as it is, to be started again; one whose POST was not answered waits for a person.
 */
export const giveUp = (
  state: JobState,
  attempt: { readonly answered: boolean } | undefined,
  now: string,
): JobChange | undefined => {
  if (isEnded(state) || state.status === 'submit-unknown') return undefined;
  // It only waits. The sweeper starts it again, and it keeps its place.
  if (state.status === 'queued')
    return change(state, now, { dueAt: plusSeconds(now, repairPauseSeconds(state.repairs ?? 0)) });
  if (state.task) {
    // The sweeper starts it again, sooner the first time than the fifth.
    const due = { ...state, dueAt: plusSeconds(now, repairPauseSeconds(state.repairs ?? 0)) };
    return needAttention(due, 'WORKFLOW_STOPPED', now) ?? change(due, now, {});
  }
  if (attempt && !attempt.answered) return recordUnknownSubmit(state, 'SUBMIT_UNANSWERED', now);
  return fail(
    state,
    {
      code: 'INTERNAL',
      message: 'Startframe could not go on with this job; nothing was ordered.',
      advice: 'Look at the logs of this job, then drop the frame again.',
      charged: 'no',
    },
    now,
  );
};
