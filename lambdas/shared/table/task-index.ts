import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { settings } from '../platform/settings.ts';
import { taskKey } from './keys.ts';
import type { Write } from './write.ts';

// No provider keeps a video for longer, so no callback comes later.
const KEPT_SECONDS = 14 * 86_400;

/** The item by which a callback finds its job; nothing for a provider without callbacks. Written with the answer that named the task. */
export const taskIndexWrites = (
  provider: string | undefined,
  task: { readonly id: string } | undefined,
  jobId: string,
): Write[] => {
  if (!provider || !task || settings().providers[provider]?.callbacks === undefined) return [];
  // A key of the table has room for 2,048 bytes. A job with a longer task id is polled without callbacks.
  if (Buffer.byteLength(task.id) > 1024) return [];
  const expiresAt = Math.floor(Date.now() / 1000) + KEPT_SECONDS;
  // No condition: the answer must be recorded, even if another job named the same task before.
  return [
    {
      Put: {
        TableName: environment(Env.jobTable),
        Item: { ...taskKey(provider, task.id), jobId, expiresAt },
      },
    },
  ];
};
