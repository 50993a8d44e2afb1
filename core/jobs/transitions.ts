import type { DetailType, JobAction } from '../kernel/contract.ts';
import type { JobFailure } from '../kernel/errors.ts';
import type { ObjectLocation } from '../kernel/object-location.ts';
import { joinKey } from '../kernel/table-keys.ts';
import { plusSeconds } from '../kernel/time.ts';
import {
  type BatchRow,
  type Failure,
  isEnded,
  type JobChange,
  JobState,
  type StoredAt,
  type StoredVideo,
  type UnconfirmedVerdict,
} from './job.ts';
import type { Expectation } from './latency.ts';
import { settleReservation } from './reservation.ts';

// What can happen to a job: each function takes the state as it was and answers the write that follows.

export type Patch = { [Key in keyof JobState]?: JobState[Key] | undefined };

/** The state after a change; a field set to `undefined` goes. Every change counts the revision, an event the sequence. */
export const change = (
  state: JobState,
  now: string,
  patch: Patch,
  event?: DetailType,
  action?: JobAction,
): JobChange => {
  const fields = Object.entries({ ...state, actor: 'startframe', ...patch });
  const next = JobState.parse({
    ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
    revision: state.revision + 1,
    sequence: state.sequence + (event ? 1 : 0),
    updatedAt: now,
  });
  return { state: next, ...(event ? { event } : {}), ...(action ? { action } : {}) };
};

/**
 * Nothing of a job is in flight or waits in a queue. What a change takes from the state is given back in the same write: see
 * `lambdas/shared/table/queue-items.ts`.
 */
export const NOT_ADMITTED: Patch = {
  slot: undefined,
  sendAt: undefined,
  queueKey: undefined,
  openedCircuits: undefined,
};

/**
 * A slot that is nobody else's: of a job that is let in where nothing limits how many are in flight, and of a task that nobody was
 * let in for. It counts, and cannot be refused.
 */
export const ownSlot = (jobId: string): string => joinKey('job', jobId);

/** An open job that nobody moved for this long is the sweeper's. */
export const DUE_AFTER_SECONDS = 900;

/** A new execution should be seen within a minute. */
export const DUE_SOON_SECONDS = 60;

/** 1, 4, 16 … min, at most 6 h: a job whose workflow breaks each time is not started again for ever at full pace. */
export const repairPauseSeconds = (repairs: number): number => Math.min(60 * 4 ** repairs, 21_600);

export interface AcceptedJob {
  readonly jobId: string;
  readonly owner: string;
  readonly actor: string;
  readonly source?: ObjectLocation;
  readonly batch?: BatchRow;
  readonly outputKey: string;
  readonly provider?: string;
  readonly model?: string;
  readonly priceMicros?: number;
}

export const acceptJob = (job: AcceptedJob, now: string): JobChange => ({
  state: {
    ...job,
    status: 'accepted',
    run: 1,
    revision: 1,
    sequence: 1,
    attempt: 0,
    createdAt: now,
    updatedAt: now,
    dueAt: plusSeconds(now, DUE_AFTER_SECONDS),
  },
  event: 'Video Job Accepted',
});

/** The frames were looked at and may be sent. */
export const recordFrames = (
  state: JobState,
  frames: Pick<JobState, 'frame' | 'lastFrame' | 'referenceFrames'>,
  now: string,
): JobChange => change(state, now, { ...frames, unconfirmed: undefined });

/** Written together with the intent of the attempt, before the POST. */
export const beginAttempt = (state: JobState, now: string, expected?: Expectation): JobChange =>
  change(state, now, {
    status: 'submitting',
    expected,
    attempt: state.attempt + 1,
    dueAt: plusSeconds(now, DUE_AFTER_SECONDS),
  });

/** An attempt was answered without moving the job: it may be sent again at once. */
export const recordAttemptAnswered = (state: JobState, now: string): JobChange => change(state, now, {});

/**
 * The provider took the job: money is spent from here on, whatever the run and whatever became of the job meanwhile. A second
 * task (a person ordered again, and the first order was answered after all) is for a person to see; the ledger keeps both.
 */
export const recordTask = (
  state: JobState,
  task: NonNullable<JobState['task']>,
  times: { readonly deadlineSeconds: number },
  now: string,
): JobChange => {
  if (state.task || state.status === 'succeeded')
    return (
      (state.task?.id === task.id ? undefined : needAttention(state, 'SECOND_TASK', now)) ??
      recordAttemptAnswered(state, now)
    );
  // Of a job that is not being submitted nobody may be waiting for this answer.
  const isExpected = state.status === 'submitting';
  const dueAfterSeconds = isExpected ? Math.min(times.deadlineSeconds, DUE_AFTER_SECONDS) : DUE_SOON_SECONDS;
  return change(
    state,
    now,
    {
      status: 'running',
      task,
      sendAt: undefined,
      queueKey: undefined,
      openedCircuits: undefined,
      ...(state.attempt === state.confirmedAttempt ? ofEarlierSubmit(state) : {}),
      submittedAt: now,
      attention: undefined,
      failure: undefined,
      finishedAt: undefined,
      repairs: undefined,
      dueAt: plusSeconds(now, dueAfterSeconds),
    },
    'Video Job Submitted',
  );
};

/** A person had confirmed another order, and the one before was answered first: what it holds and may cost is its own again. */
const ofEarlierSubmit = ({ atStakeMicros, priceMicros, reserved, reservedBefore = [] }: JobState): Patch => ({
  atStakeMicros: Math.max(0, (atStakeMicros ?? 0) - (priceMicros ?? 0)) || undefined,
  reserved: reservedBefore.at(-1) ?? reserved,
  reservedBefore: reservedBefore.length > 1 ? reservedBefore.slice(0, -1) : undefined,
});

/** Nothing can be ordered just now, and nothing is spent: the job goes back to its place in the queue. */
export const queueAgain = (
  state: JobState,
  now: string,
  why: Pick<Patch, 'attention' | 'openedCircuits'> = {},
): JobChange =>
  change(
    state,
    now,
    {
      ...why,
      status: 'queued',
      slot: undefined,
      sendAt: undefined,
      dueAt: plusSeconds(now, DUE_AFTER_SECONDS),
    },
    why.attention ? 'Video Job Needs Attention' : state.status === 'queued' ? undefined : 'Video Job Queued',
  );

/** A POST that nobody answered: it may have been charged, so a machine never repeats it. */
export const recordUnknownSubmit = (state: JobState, reason: string, now: string): JobChange =>
  change(
    state,
    now,
    { ...NOT_ADMITTED, status: 'submit-unknown', attention: { reason, since: now }, dueAt: undefined },
    'Video Job Needs Attention',
  );

/** Something a person should look at; said once, not at every poll. */
export const needAttention = (state: JobState, reason: string, now: string): JobChange | undefined =>
  state.attention?.reason === reason
    ? undefined
    : change(state, now, { attention: { reason, since: now } }, 'Video Job Needs Attention');

export const markOverdue = (state: JobState, now: string): JobChange =>
  change(
    state,
    now,
    {
      ...NOT_ADMITTED,
      overdue: true,
      attention: { reason: 'OVERDUE', since: now },
      unconfirmed: undefined,
    },
    'Video Job Overdue',
  );

export const recordUnconfirmedVerdict = (
  state: JobState,
  unconfirmed: UnconfirmedVerdict | undefined,
  now: string,
): JobChange => change(state, now, { unconfirmed });

/** The provider says that the video is there; from now on it has to be fetched before the provider deletes it. */
export const startStoring = (
  state: JobState,
  times: { readonly retentionSeconds: number },
  now: string,
): JobChange =>
  change(state, now, {
    ...NOT_ADMITTED,
    status: 'storing',
    unconfirmed: undefined,
    readyAt: now,
    repairs: undefined,
    mustDownloadBy: plusSeconds(now, times.retentionSeconds),
    dueAt: plusSeconds(now, DUE_AFTER_SECONDS),
  });

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
