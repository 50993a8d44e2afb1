import { plusSeconds } from '../kernel/time.ts';
import type { TaskStatus } from '../providers/provider.ts';
import { change, DUE_SOON_SECONDS } from './change.ts';
import { fail } from './ending.ts';
import type { Failure, JobChange, JobState } from './job.ts';
import type { SubmitAttempt } from './submit-ledger.ts';

/** What may be done with a job that a person wants something of. A refusal is an answer, said in the caller's own form. */
export type Operation =
  | { readonly do: 'save'; readonly change: JobChange }
  /** Another execution takes the job over. With what a person knew of an attempt. */
  | { readonly do: 'restart'; readonly change: JobChange; readonly attempt?: SubmitAttempt }
  /** It is so already. */
  | { readonly do: 'nothing' }
  | { readonly do: 'refuse'; readonly name: string; readonly reason: string };

export const refuse = (name: string, reason: string): Operation => ({ do: 'refuse', name, reason });

export interface CancelJobRequest {
  readonly by: string;
  /** Where the provider cannot be asked to stop: mark the job all the same, and store what comes. */
  readonly abandon: boolean;
  /** Whether this job's provider can be asked to stop. */
  readonly canStopProvider: boolean;
}

/**
 * What becomes of a job that somebody does not want any more. Before the POST it is over, and free. While the POST is under
 * way nobody knows yet, so the wish is only noted, and honoured with the answer. After it the provider is asked to stop, by
 * a new run; what it makes all the same is stored, for it is paid for.
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
        'The provider is making the video and cannot be asked to stop. Say "abandon": true to give the job up all the same; a video that comes is stored, for it is paid for.',
      );
    }
    case 'storing':
      return refuse('JOB_STORING', 'The video is made and paid for; it is being stored.');
    case 'submit-unknown':
      return refuse(
        'SUBMIT_UNKNOWN',
        'Nobody knows whether the video was ordered. Look at the provider first, then redrive the job with "taskId", "confirmResubmit" or "giveUp".',
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

/** The end of a job that was cancelled and of which nothing is ordered now. Says who did it when that is the moment. */
export const cancelBeforeSubmit = (state: JobState, now: string, actor = 'startframe'): JobChange => {
  const failure = { ...cancelled(state, state.atStakeMicros ? 'unknown' : 'no'), charged: 'no' as const };
  const ended = fail(state, failure, now);
  return { ...ended, state: { ...ended.state, actor }, action: 'cancel' };
};

/** The failure of a job that ended because somebody wanted it to. */
export const cancelled = ({ cancelRequest }: JobState, charged: Failure['charged']): Failure => ({
  code: 'CANCELLED',
  message: `Cancelled by ${cancelRequest?.by ?? 'somebody'}.`,
  advice:
    charged === 'no'
      ? 'Redrive the job if the video is wanted after all.'
      : 'Ask the provider whether the video was charged.',
  charged,
});

/** Whether the provider is to be asked to stop now: not before its answer shows that the video is still being made. */
export const isCancelDue = ({ cancelRequest }: JobState, { state: status }: TaskStatus): boolean =>
  cancelRequest !== undefined &&
  cancelRequest.provider === undefined &&
  (status === 'queued' || status === 'running' || status === 'unknown');

/** What the provider said to the wish. Its verdict comes with a later answer. */
export const recordCancelAnswer = (state: JobState, provider: 'asked' | 'refused', now: string): JobChange =>
  change(state, now, state.cancelRequest ? { cancelRequest: { ...state.cancelRequest, provider } } : {});
