import { invalid } from '../http/refusal.ts';
import { type TaskState, taskStates } from '../task-state.ts';

/** A gateway's status words by state. */
export type StatusWords = Partial<Readonly<Record<TaskState, string>>>;

/** Reads `running=THROTTLED, succeeded=done`. A word may be empty: some gateways start with an empty status. */
export const parseStatusWords = (text: string | undefined): StatusWords => {
  if (text === undefined) return {};
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name, ...word] = pair.split('=');
      const state = taskStates.find((each) => each === name?.trim());
      if (state === undefined || word.length === 0) {
        throw invalid(
          'fault',
          `"${pair.trim()}" must be STATE=WORD with a state of ${taskStates.join(', ')}`,
        );
      }
      return [state, word.join('=').trim()];
    }),
  );
};
