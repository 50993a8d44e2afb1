import type { ObjectLocation } from '../kernel/object-location.ts';
import { plusSeconds } from '../kernel/time.ts';
import { change, DUE_AFTER_SECONDS, DUE_SOON_SECONDS, NOT_ADMITTED, type Patch } from './change.ts';
import type { BatchRow, JobChange, JobState, UnconfirmedVerdict } from './job.ts';
import type { Expectation } from './latency.ts';

// What can happen to an open job: each function takes the state and returns the write that follows.

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

/** The frames were inspected and may be sent. */
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
 * The provider accepted the submit: from here on money is spent, whatever happened to the job meanwhile. A second task (a person
 * submitted again, and the first submit was answered after all) needs attention; the ledger keeps both.
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
  // If the job is not being submitted, possibly no execution waits for this answer.
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

/** The earlier submit is answered after a person confirmed another: its reservation and its possible charge are the present ones again. */
const ofEarlierSubmit = ({ atStakeMicros, priceMicros, reserved, reservedBefore = [] }: JobState): Patch => ({
  atStakeMicros: Math.max(0, (atStakeMicros ?? 0) - (priceMicros ?? 0)) || undefined,
  reserved: reservedBefore.at(-1) ?? reserved,
  reservedBefore: reservedBefore.length > 1 ? reservedBefore.slice(0, -1) : undefined,
});

/** The job cannot be submitted now, and nothing is spent: it goes back to the queue, under its queue key. */
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

/** An unanswered submit: it may have been charged, so a machine never repeats it. */
export const recordUnknownSubmit = (state: JobState, reason: string, now: string): JobChange =>
  change(
    state,
    now,
    { ...NOT_ADMITTED, status: 'submit-unknown', attention: { reason, since: now }, dueAt: undefined },
    'Video Job Needs Attention',
  );

/** A person's attention is needed; recorded once, not at every poll. */
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

/** The provider says that the video is ready; it has to be fetched before the provider deletes it. */
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
