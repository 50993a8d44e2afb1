import * as z from 'zod';
import { plusSeconds, secondsBetween } from '../kernel/time.ts';
import { change, DUE_SOON_SECONDS } from './change.ts';
import type { JobChange, JobState } from './job.ts';

const Text = z.string().min(1).max(512).optional().catch(undefined);
const Named = z.object({ id: Text, task_id: Text, name: Text });

/** OpenAI and Google say `data.id`, relays the task at the top. */
const CallbackBody = z.object({
  ...Named.shape,
  data: Named.partial().optional().catch(undefined),
});

/** The ids in a callback that may be the task's, the likeliest first. The event's own id may be among them. */
export const taskIdsOf = (body: unknown): string[] => {
  const { data, ...whole } = CallbackBody.safeParse(body).data ?? {};
  const said = [data?.id, data?.task_id, data?.name, whole.task_id, whole.name, whole.id];
  return [...new Set(said.filter((id) => id !== undefined))];
};

/** A provider that calls back at every step is polled once in this time, and by the poll schedule. */
const HINT_PAUSE_SECONDS = 10;

/**
 * A callback is a hint and nothing more: another run polls the provider now instead of later. Nothing that the callback says
 * about the task is read. Returns nothing if the job does not wait for this task, or changed a moment ago.
 */
export const applyCallback = (
  state: JobState,
  task: { readonly provider: string; readonly id: string },
  now: string,
): JobChange | undefined => {
  const isWaiting =
    state.status === 'running' && state.provider === task.provider && state.task?.id === task.id;
  if (!isWaiting || secondsBetween(state.updatedAt, now) < HINT_PAUSE_SECONDS) return undefined;
  return change(
    state,
    now,
    {
      run: state.run + 1,
      actor: `callback:${task.provider}`,
      dueAt: plusSeconds(now, DUE_SOON_SECONDS),
    },
    'Video Job Restarted',
    'hint',
  );
};
