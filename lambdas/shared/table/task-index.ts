import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { settings } from '../platform/settings.ts';
import { taskKey } from './keys.ts';
import type { Write } from './write.ts';

// No provider keeps a video for longer, so none has anything to say of it.
const KEPT_SECONDS = 14 * 86_400;

/** What finds the job when its provider calls back; nothing where it does not. Written with the answer that named the task. */
export const taskIndexWrites = (
  provider: string | undefined,
  task: { readonly id: string } | undefined,
  jobId: string,
): Write[] => {
  if (!provider || !task || settings().providers[provider]?.callbacks === undefined) return [];
  // A key of the table has room for 2,048 bytes. A longer name finds nothing, and is asked for by the poll plan.
  if (Buffer.byteLength(task.id) > 1024) return [];
  const expiresAt = Math.floor(Date.now() / 1000) + KEPT_SECONDS;
  // No condition: that an order was answered must be recorded, whoever named the same task before.
  return [
    {
      Put: {
        TableName: environment(Env.jobTable),
        Item: { ...taskKey(provider, task.id), jobId, expiresAt },
      },
    },
  ];
};
