import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { AddressRefused } from '../../../core/kernel/errors.ts';
import type { AddressPolicy } from '../../../core/providers/address-policy.ts';
import { quote, redactError } from '../../../core/providers/http/redact.ts';
import { retryAfterSecondsOf } from '../../../core/providers/http/retry-after.ts';
import type { CallResult } from '../../../core/webhooks/delivery.ts';
import { openConnection } from './connect.ts';
import { headersOf, sendOver } from './http.ts';

/** A receiver should answer first and work afterwards. */
export const RECEIVER_TIMEOUT_MS = 10_000;

// The body does not matter. It is read so that the receiver's answer is not cut off.
const MOST_ANSWER_BYTES = 16_384;

/**
 * Calls a receiver once and answers the result; throws nothing. Follows no redirect: a receiver that moved needs a new address
 * in the request. What a name resolves to is checked when the connection is made.
 */
export const postWebhook = async (
  url: string,
  request: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  policy: AddressPolicy,
  options: { lookup?: LookupFunction; ca?: string; timeoutMs?: number } = {},
): Promise<CallResult> => {
  const { timeoutMs = RECEIVER_TIMEOUT_MS, ...connecting } = options;
  const startedAt = performance.now();
  try {
    const { address, socket } = await openConnection(url, policy, { ...connecting, timeoutMs });
    const deadline = setTimeout(
      () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)),
      Math.max(0, timeoutMs - (performance.now() - startedAt)),
    );
    try {
      const response = await sendOver(socket, address, { method: 'POST', ...request });
      await readAway(response);
      return {
        status: response.statusCode ?? 0,
        retryAfterSeconds: retryAfterSecondsOf(headersOf(response)),
      };
    } catch (error) {
      return failed(socket.errored ?? error);
    } finally {
      clearTimeout(deadline);
      socket.destroy();
    }
  } catch (error) {
    return error instanceof AddressRefused ? { is: 'refused', reason: quote(error.message) } : failed(error);
  }
};

const failed = (error: unknown): CallResult => ({ is: 'failed', reason: quote(redactError(error).message) });

/** The status is the answer, so a body that is endless, slow or cut takes nothing from it. */
const readAway = async (response: IncomingMessage): Promise<void> => {
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > MOST_ANSWER_BYTES) return;
    }
  } catch {
    // The status was received, so the event was delivered.
  }
};
