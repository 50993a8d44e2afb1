import { JobFailure } from '../kernel/errors.ts';
import { fail, toFailure } from './ending.ts';
import type { JobChange, JobState } from './job.ts';
import { recordUnconfirmedVerdict } from './transitions.ts';

/** A frame cannot be fetched now: the server is down, slow, or breaks off. Waiting may help; nothing was spent. */
export class FrameNotFetched extends Error {
  override readonly name = 'FrameNotFetched';
}

/** The address will never return a frame. Waiting does not help; nothing was spent. */
export const unusableAddress = (message: string, cause?: unknown): JobFailure =>
  new JobFailure(
    'INVALID_FRAME',
    message,
    'Create a new job with an https address that returns a PNG, JPEG or WebP picture without a login, or upload the frame.',
    'no',
    { cause },
  );

// With the workflow's pauses of 5, 10 and 20 s: half a minute and the time of the tries. The workflow has one try more than this, so
// that the job ends with the reason.
const MOST_TRIES = 4;
const VERDICT = 'FRAME_NOT_FETCHED';

/** What a failed try means for the job: a record, after which the workflow tries again, or its end. */
export const afterFailedFetch = (
  state: JobState,
  { message, cause }: FrameNotFetched,
  now: string,
): { readonly change: JobChange; readonly isOver: boolean } => {
  const before = state.unconfirmed?.verdict === VERDICT ? state.unconfirmed : undefined;
  const answers = (before?.answers ?? 0) + 1;
  if (answers >= MOST_TRIES) {
    const failure = unusableAddress(`${message} It was tried ${answers} times.`, cause);
    return {
      change: fail(
        state,
        { ...toFailure(failure), advice: 'Redrive the job when the address works again.' },
        now,
      ),
      isOver: true,
    };
  }
  const unconfirmed = { verdict: VERDICT, reason: message, since: before?.since ?? now, answers };
  return { change: recordUnconfirmedVerdict(state, unconfirmed, now), isOver: false };
};

/** Statuses that another try may change (RFC 9110, RFC 6585): what is wrong is not the address. */
export const mayChange = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);
