import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const drops = 40;

/** Writes a body in small pieces over some seconds; the head is already written. Rejects when the gateway closes. */
export const drip = async (
  response: ServerResponse,
  body: Buffer,
  seconds: number,
  closing: AbortSignal,
): Promise<void> => {
  const size = Math.max(1, Math.ceil(body.length / drops));
  for (let from = 0; from < body.length && !response.destroyed; from += size) {
    response.write(body.subarray(from, from + size));
    await sleep((seconds * 1000) / drops, undefined, { signal: closing });
  }
  response.end();
};
