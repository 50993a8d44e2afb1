import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Operations } from './api.ts';
import { ApiProblem, ApiUnreachable } from './problem.ts';

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told each time that the job is another than before. */
  readonly onNews?: ((job: Job) => void) | undefined;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const GROWTH = 1.25;
// An API that is away this long is not coming back soon; the job goes on without anybody watching.
const PATIENCE_MS = 120_000;

/**
 * Waits until nothing is left to wait for: the job has ended, or is `submit-unknown` and waits for a person's word.
 * What goes wrong with a question is outlived for two minutes; then it is thrown.
 */
export const waitForJob = async (
  api: Pick<Operations, 'showJob'>,
  id: string,
  { signal, onNews }: WaitOptions = {},
): Promise<Job> => {
  let [waitMs, shown, lastAnswerAt] = [FIRST_WAIT_MS, '', Date.now()];
  for (;;) {
    try {
      const job = await api.showJob(id, { signal });
      lastAnswerAt = Date.now();
      const seen = JSON.stringify(job);
      if (seen !== shown) onNews?.(job);
      if (isOver(job)) return job;
      // What moves is looked at more often.
      waitMs = seen === shown ? Math.min(waitMs * GROWTH, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
      shown = seen;
    } catch (error) {
      if (!isPassing(error) || Date.now() - lastAnswerAt > PATIENCE_MS) throw error;
      waitMs = LONGEST_WAIT_MS;
    }
    await sleep(waitMs, undefined, signal ? { signal } : {});
  }
};

/** Ended, or waiting for a person. */
export const isOver = ({ status }: Pick<Job, 'status'>): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled' || status === 'submit-unknown';

const isPassing = (error: unknown): boolean =>
  error instanceof ApiUnreachable ||
  (error instanceof ApiProblem && (error.status === 429 || error.status >= 500));
