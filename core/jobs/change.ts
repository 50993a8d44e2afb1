import type { DetailType, JobAction } from '../kernel/contract.ts';
import { joinKey } from '../kernel/table-keys.ts';
import { type JobChange, JobState } from './job.ts';

// What every change of a job has in common.

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
 * The job is not in flight and waits in no queue. The same write releases the slot and the queue item that the change drops:
 * see `lambdas/shared/table/queue-items.ts`.
 */
export const NOT_ADMITTED: Patch = {
  slot: undefined,
  sendAt: undefined,
  queueKey: undefined,
  openedCircuits: undefined,
};

/**
 * A slot of the job's own, where nothing limits how many jobs are in flight, or for a task that a person found. It counts, and
 * cannot be refused.
 */
export const ownSlot = (jobId: string): string => joinKey('job', jobId);

/** The sweeper takes care of an open job that did not change for this long. */
export const DUE_AFTER_SECONDS = 900;

/** A new execution should be seen within a minute. */
export const DUE_SOON_SECONDS = 60;

/** 1, 4, 16 … min, at most 6 h: a workflow that fails each time starts more and more slowly. */
export const repairPauseSeconds = (repairs: number): number => Math.min(60 * 4 ** repairs, 21_600);
