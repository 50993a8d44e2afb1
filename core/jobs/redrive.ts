import { plusSeconds } from '../kernel/time.ts';
import { type Operation, refuse } from './cancel.ts';
import { change, DUE_SOON_SECONDS, ownSlot, type Patch } from './change.ts';
import { fail } from './ending.ts';
import { isEnded, type JobChange, type JobState } from './job.ts';
import { refund } from './reservation.ts';
import type { SubmitAttempt } from './submit-ledger.ts';

/** How a person starts a job again. At most one of the three. */
export interface RedriveJobRequest {
  readonly by: string;
  /** Submit once more although an earlier submit may have been charged. */
  readonly confirmResubmit?: boolean | undefined;
  /** End a job with an unanswered submit: it did not arrive, or does not matter. */
  readonly giveUp?: boolean | undefined;
  /** The task that a person found at the provider. */
  readonly taskId?: string | undefined;
}

/**
 * Starts a job again that ended, or that waits for a person. It goes on from where it ended: a known task is polled, free; a job
 * without any charge begins again, free. A submit that could be paid twice needs a person's confirmation.
 */
export const redriveJob = (
  state: JobState,
  last: SubmitAttempt | undefined,
  request: RedriveJobRequest,
  now: string,
): Operation => {
  if (state.status === 'succeeded') return refuse('NOTHING_TO_REDRIVE', 'The video is there.');
  const isWaiting = state.status === 'submit-unknown';
  if (!isEnded(state) && !isWaiting) return wake(state, request, now);
  if (isWaiting && last && last.answeredAt === undefined && now < last.leaseUntil)
    return refuse(
      'SUBMIT_UNDER_WAY',
      `The submit may still be answered until ${last.leaseUntil}; try again then.`,
    );
  if (request.taskId !== undefined) return adopt(state, last, request.taskId, request.by, now);
  if (request.giveUp && !isWaiting)
    return refuse('NOTHING_TO_GIVE_UP', 'Only a job whose submit is unanswered can be given up.');
  if (request.giveUp) return { do: 'save', change: giveUpSubmit(state, request.by, now) };
  return repeat(state, last, request, now);
};

/** Polls the task that is known, or submits again where that is free or a person confirms that it may cost. */
const repeat = (
  state: JobState,
  last: SubmitAttempt | undefined,
  request: RedriveJobRequest,
  now: string,
): Operation => {
  const task = state.task ?? last?.task;
  if (task && !request.confirmResubmit) return restart(pollAgain(state, task, request.by, now));
  // The ledger decides: a refused attempt cost nothing.
  const isFree = !task && (!last || last.outcome === 'refused' || state.confirmedAttempt === last.attempt);
  if (isFree) return restart(startAgain(state, request.by, now));
  if (request.confirmResubmit) return restart(submitAgain(state, request.by, now));
  return refuse(
    'CONFIRMATION_NEEDED',
    `The last submit may have been charged${priceOf(state)}, and only a new submit could help. Check the provider first. Then send "taskId" if the task is there, "confirmResubmit": true to submit and pay again, or "giveUp": true if the job still waits for an answer.`,
  );
};

const restart = (made: JobChange): Operation => ({ do: 'restart', change: made });

const priceOf = ({ priceMicros }: JobState): string =>
  priceMicros === undefined ? ' (no list price)' : ` (${(priceMicros / 1e6).toFixed(2)} USD at list price)`;

/** What every new run has in common: no trace of the ending, and the sweeper soon checks that it started. */
const again = (state: JobState, by: string, now: string): Patch => ({
  run: state.run + 1,
  actor: by,
  attention: undefined,
  failure: undefined,
  lastSubmitWasFree: undefined,
  unconfirmed: undefined,
  cancelRequest: undefined,
  repairs: undefined,
  finishedAt: undefined,
  dueAt: plusSeconds(now, DUE_SOON_SECONDS),
});

const wake = (state: JobState, { by }: RedriveJobRequest, now: string): Operation =>
  state.attention?.reason === 'WORKFLOW_STOPPED'
    ? restart(
        change(
          state,
          now,
          {
            run: state.run + 1,
            actor: by,
            attention: undefined,
            repairs: undefined,
            dueAt: plusSeconds(now, DUE_SOON_SECONDS),
          },
          'Video Job Restarted',
          'restart',
        ),
      )
    : refuse('JOB_OPEN', `The job is open: its status is ${state.status}.`);

const pollAgain = (
  state: JobState,
  task: NonNullable<JobState['task']>,
  by: string,
  now: string,
): JobChange =>
  change(
    state,
    now,
    { ...again(state, by, now), status: 'running', task, mustDownloadBy: undefined },
    'Video Job Restarted',
    'ask-again',
  );

const startAgain = (state: JobState, by: string, now: string): JobChange =>
  change(
    state,
    now,
    { ...again(state, by, now), status: 'accepted', redrivenAt: now },
    'Video Job Restarted',
    'start-again',
  );

/** A new submit after one that may have been charged. The record keeps the possible charge and the attempt. */
const submitAgain = (state: JobState, by: string, now: string): JobChange => {
  const isFree = state.failure?.charged === 'no' || state.lastSubmitWasFree;
  const mayBeGone = isFree ? 0 : (state.priceMicros ?? 0);
  const atStakeMicros = (state.atStakeMicros ?? 0) + mayBeGone;
  return change(
    state,
    now,
    {
      ...again(state, by, now),
      status: 'accepted',
      confirmedAttempt: state.attempt,
      atStakeMicros: atStakeMicros || undefined,
      ...reservedAnew(state),
      redrivenAt: now,
      task: undefined,
      submittedAt: undefined,
      readyAt: undefined,
      mustDownloadBy: undefined,
      overdue: undefined,
    },
    'Video Job Restarted',
    'order-again',
  );
};

/** The reservation of the submit that may have been charged stays; the new submit reserves for itself. */
const reservedAnew = ({ reserved, reservedBefore = [] }: JobState): Patch => ({
  reserved: undefined,
  ...(reserved && reserved.micros > 0 ? { reservedBefore: [...reservedBefore, reserved] } : {}),
});

const adopt = (
  state: JobState,
  last: SubmitAttempt | undefined,
  taskId: string,
  by: string,
  now: string,
): Operation => {
  if (!last || last.outcome === 'refused')
    return refuse(
      'NOTHING_ORDERED',
      'This job was never submitted, so no task of the provider belongs to it.',
    );
  if (state.status !== 'submit-unknown')
    return refuse(
      'NO_TASK_EXPECTED',
      'Only a job whose submit is unanswered takes the id of a task. Its status is "submit-unknown".',
    );
  const adopted: Patch = {
    ...again(state, by, now),
    status: 'running',
    task: { id: taskId },
    // The provider may be making the video, and counts it: no other job may take the slot.
    slot: ownSlot(state.jobId),
    submittedAt: last.startedAt,
    readyAt: undefined,
    mustDownloadBy: undefined,
  };
  return {
    do: 'restart',
    change: change(state, now, adopted, 'Video Job Submitted', 'adopt-task'),
    attempt: {
      ...last,
      answeredAt: now,
      outcome: 'accepted',
      task: { id: taskId },
      reason: `The task was found at the provider by ${by}.`,
    },
  };
};

/** The failure of a job whose unanswered submit was given up. */
export const GIVEN_UP_MESSAGE = 'The provider never answered the submit, and an operator gave the job up.';

const giveUpSubmit = (state: JobState, by: string, now: string): JobChange => {
  const ended = fail(
    state,
    {
      code: 'PROVIDER_FAILED',
      message: GIVEN_UP_MESSAGE,
      advice: 'Check the provider’s invoice. To submit again, redrive the job with "confirmResubmit".',
      charged: 'unknown',
    },
    now,
  );
  // A person decided, so the budget is free again; the spend statistics keep the possible charge.
  const reserved = refund(state.reserved);
  return {
    ...ended,
    state: { ...ended.state, ...(reserved ? { reserved } : {}), actor: by },
    action: 'give-up',
  };
};
