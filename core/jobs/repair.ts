import { plusSeconds } from '../kernel/time.ts';
import { change, DUE_AFTER_SECONDS, repairPauseSeconds } from './change.ts';
import { isEnded, type JobChange, type JobState } from './job.ts';

/** What became of the execution of a job's current run. */
export type ExecutionFate = 'never-started' | 'running' | 'ended';

export type Repair =
  /** Over, or waiting for a person, or not due any more. */
  | { readonly do: 'nothing' }
  | { readonly do: 'look-later'; readonly dueAt: string }
  | { readonly do: 'start'; readonly dueAt: string }
  | { readonly do: 'restart'; readonly change: JobChange };

/** After so many starts without progress the job needs attention. */
const REPAIRS_UNTIL_ATTENTION = 3;

/** Whether this job's execution may need a repair. */
export const isRepairable = (state: JobState): boolean =>
  !isEnded(state) && state.status !== 'submit-unknown';

/**
 * What an open job needs. A running execution is left alone: its steps know better. An execution that never started is started.
 * After one that ended before its job, another run takes over, after growing pauses.
 */
export const decideRepair = (state: JobState, fate: ExecutionFate, now: string): Repair => {
  if (!isRepairable(state)) return { do: 'nothing' };
  const dueAt = plusSeconds(now, DUE_AFTER_SECONDS);
  switch (fate) {
    case 'running':
      return { do: 'look-later', dueAt };
    case 'never-started':
      return { do: 'start', dueAt };
    case 'ended':
      return { do: 'restart', change: restartStopped(state, now) };
  }
};

/** The end of an execution is reported at once; only the first repair happens that soon. */
export const isEarlyRepairAllowed = (state: JobState, now: string): boolean =>
  state.repairs === undefined || (state.dueAt !== undefined && state.dueAt <= now);

const restartStopped = (state: JobState, now: string): JobChange => {
  const repairs = (state.repairs ?? 0) + 1;
  const needsAttention = repairs === REPAIRS_UNTIL_ATTENTION;
  const wasStopped = state.attention?.reason === 'WORKFLOW_STOPPED' && repairs < REPAIRS_UNTIL_ATTENTION;
  return change(
    state,
    now,
    {
      run: state.run + 1,
      repairs,
      dueAt: plusSeconds(now, repairPauseSeconds(repairs)),
      ...(needsAttention ? { attention: { reason: 'WORKFLOW_STOPPED', since: now } } : {}),
      ...(wasStopped ? { attention: undefined } : {}),
    },
    needsAttention ? 'Video Job Needs Attention' : 'Video Job Restarted',
    'repair',
  );
};
