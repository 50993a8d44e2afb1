import { plusSeconds } from '../kernel/time.ts';
import type { TaskStatus } from '../providers/provider.ts';
import { change, DUE_SOON_SECONDS } from './change.ts';
import { fail } from './ending.ts';
import type { Failure, JobChange, JobState } from './job.ts';
import type { SubmitAttempt } from './submit-ledger.ts';

/** What a person's request does to a job. A refusal is an answer; the caller gives it its form. */
export type Operation =
  | { readonly do: 'save'; readonly change: JobChange }
  /** Another execution takes the job over. `attempt` is what a person found out about one. */
  | { readonly do: 'restart'; readonly change: JobChange; readonly attempt?: SubmitAttempt }
  /** The job is in that state already. */
  | { readonly do: 'nothing' }
  | { readonly do: 'refuse'; readonly name: string; readonly reason: string };

export const refuse = (name: string, reason: string): Operation => ({ do: 'refuse', name, reason });

export interface CancelJobRequest {
  readonly by: string;
  /** Cancel although the provider cannot stop, and store a video that comes. */
  readonly abandon: boolean;
  /** Whether this job's provider can stop a task. */
  readonly canStopProvider: boolean;
}

/**
 * Cancels a job. Before the POST the job ends, free. While the POST is under way the request is recorded, and takes effect
 * with the answer. After the POST a new run asks the provider to stop; a video that comes all the same is stored, because it
 * is paid for.
 */
export const cancelJob = (
  state: JobState,
  { by, abandon, canStopProvider }: CancelJobRequest,
  now: string,
): Operation => {
  const request = { by, at: now };
  switch (state.status) {
    case 'accepted':
    case 'queued':
      return { do: 'save', change: cancelBeforeSubmit({ ...state, cancelRequest: request }, now, by) };
    case 'submitting':
      if (state.cancelRequest) return { do: 'nothing' };
      return { do: 'save', change: recordCancelRequest(state, request, now) };
    case 'running': {
      const isRefusedThere = state.cancelRequest?.provider === 'refused';
      if (state.cancelRequest?.abandon || (state.cancelRequest && canStopProvider && !isRefusedThere))
        return { do: 'nothing' };
      if (canStopProvider && !isRefusedThere)
        return { do: 'restart', change: restartToCancel(state, request, now) };
      if (abandon) return { do: 'save', change: abandonTask(state, request, now) };
      return refuse(
        'CANNOT_CANCEL',
        'The provider is making the video and cannot stop. Send "abandon": true to give the job up all the same; a video that comes is stored, because it is paid for.',
      );
    }
    case 'storing':
      return refuse('JOB_STORING', 'The video is made and paid for; it is being stored.');
    case 'submit-unknown':
      return refuse(
        'SUBMIT_UNKNOWN',
        'The submit is unanswered, so it may have been charged. Check the provider first, then redrive the job with "taskId", "confirmResubmit" or "giveUp".',
      );
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return refuse(
        'JOB_ENDED',
        `The job is over: it ${state.status === 'cancelled' ? 'was' : 'has'} ${state.status}.`,
      );
  }
};

type CancelRequest = NonNullable<JobState['cancelRequest']>;

const recordCancelRequest = (state: JobState, cancelRequest: CancelRequest, now: string): JobChange =>
  change(state, now, { cancelRequest, actor: cancelRequest.by }, 'Video Job Cancel Requested', 'cancel');

const restartToCancel = (state: JobState, cancelRequest: CancelRequest, now: string): JobChange =>
  change(
    state,
    now,
    {
      run: state.run + 1,
      cancelRequest,
      actor: cancelRequest.by,
      dueAt: plusSeconds(now, DUE_SOON_SECONDS),
    },
    'Video Job Cancel Requested',
    'cancel',
  );

const abandonTask = (state: JobState, request: CancelRequest, now: string): JobChange =>
  change(
    state,
    now,
    { cancelRequest: { ...request, abandon: true }, actor: request.by },
    'Video Job Cancel Requested',
    'abandon',
  );

/** Ends a cancelled job for which no submit is under way. Takes the cancel request along when it comes with this change. */
export const cancelBeforeSubmit = (state: JobState, now: string, actor = 'startframe'): JobChange => {
  const failure = { ...cancelled(state, state.atStakeMicros ? 'unknown' : 'no'), charged: 'no' as const };
  const ended = fail(state, failure, now);
  return { ...ended, state: { ...ended.state, actor }, action: 'cancel' };
};

/** The failure of a job that somebody cancelled. */
export const cancelled = ({ cancelRequest }: JobState, charged: Failure['charged']): Failure => ({
  code: 'CANCELLED',
  message: `Cancelled by ${cancelRequest?.by ?? 'somebody'}.`,
  advice:
    charged === 'no'
      ? 'To make the video after all, redrive the job.'
      : 'Ask the provider whether the video was charged.',
  charged,
});

/** Whether to ask the provider to stop now: only after an answer that shows that it is still making the video. */
export const isCancelDue = ({ cancelRequest }: JobState, { state: status }: TaskStatus): boolean =>
  cancelRequest !== undefined &&
  cancelRequest.provider === undefined &&
  (status === 'queued' || status === 'running' || status === 'unknown');

/** Records what the provider answered to the cancel request. Its verdict comes with a later poll. */
export const recordCancelAnswer = (state: JobState, provider: 'asked' | 'refused', now: string): JobChange =>
  change(state, now, state.cancelRequest ? { cancelRequest: { ...state.cancelRequest, provider } } : {});
