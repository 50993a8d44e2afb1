import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Operations } from './api.ts';
import { ApiProblem, ApiUnreachable } from './problem.ts';

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Takes the job when it was read first, and each time it changed. */
  readonly onNews?: ((job: Job) => void) | undefined;
  /** The longest pause between two reads; default 10 s. */
  readonly longestWaitSeconds?: number | undefined;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_SECONDS = 10;
const GROWTH = 1.25;
// An API that is away this long does not come back soon. The job itself goes on.
const PATIENCE_MS = 120_000;

/**
 * Waits until the job has ended, or is `submit-unknown` and waits for a person.
 * @throws ApiUnreachable or ApiProblem when the API fails for two minutes
 */
export const waitForJob = async (
  api: Pick<Operations, 'showJob'>,
  id: string,
  { signal, onNews, longestWaitSeconds = LONGEST_WAIT_SECONDS }: WaitOptions = {},
): Promise<Job> => {
  const longestWaitMs = longestWaitSeconds * 1000;
  const firstWaitMs = Math.min(FIRST_WAIT_MS, longestWaitMs);
  let [waitMs, shown, lastAnswerAt] = [firstWaitMs, '', Date.now()];
  for (;;) {
    try {
      const job = await api.showJob(id, { signal });
      lastAnswerAt = Date.now();
      const seen = JSON.stringify(job);
      if (seen !== shown) onNews?.(job);
      if (isOver(job)) return job;
      // A job that changes is read more often.
      waitMs = seen === shown ? Math.min(waitMs * GROWTH, longestWaitMs) : firstWaitMs;
      shown = seen;
    } catch (error) {
      if (!isTransient(error) || Date.now() - lastAnswerAt > PATIENCE_MS) throw error;
      waitMs = longestWaitMs;
    }
    await sleep(waitMs, undefined, signal ? { signal } : {});
  }
};

/** Whether nothing is left to wait for: the job has ended, or waits for a person. */
export const isOver = ({ status }: Pick<Job, 'status'>): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled' || status === 'submit-unknown';

const isTransient = (error: unknown): boolean =>
  error instanceof ApiUnreachable ||
  (error instanceof ApiProblem && (error.status === 429 || error.status >= 500));
