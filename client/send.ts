import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiCall, Send } from './call.ts';
import { ApiProblem, ApiUnreachable, problemOf } from './problem.ts';

/** A request before it is sent. */
export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers the headers that identify the caller, to add to the request's own. Called for every try: a signature expires. */
export type Authorize = (request: ApiRequest) => Promise<Readonly<Record<string, string>>>;

export interface SendOptions {
  readonly baseUrl: string;
  readonly authorize: Authorize;
  /** Tries of a call that can be sent again. */
  readonly tries: number;
  readonly timeoutMs: number;
}

const AGAIN_STATUSES = [429, 500, 502, 503, 504];
// Beyond this Retry-After the caller decides.
const MAX_WAIT_SECONDS = 30;
const FIRST_WAIT_SECONDS = 0.25;

/**
 * Sends calls to the API. A call that changes nothing, or has an Idempotency-Key, is sent again when that may help; any other is
 * sent once.
 */
export const sender =
  (options: SendOptions): Send =>
  async (call) => {
    const key = call.isKeyed ? (call.options.idempotencyKey ?? crypto.randomUUID()) : undefined;
    const request = requestOf(options.baseUrl, call, key);
    const tries = call.method === 'GET' || call.isKeyed ? options.tries : 1;
    return answerOf(
      await withRetries(tries, call.options.signal, () => once(options, request, call.options.signal)),
    );
  };

/** Sends until there is an answer, or another try would not help, or the tries are used up. */
const withRetries = async <Answer>(
  tries: number,
  signal: AbortSignal | undefined,
  send: () => Promise<Answer>,
): Promise<Answer> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await send();
    } catch (error) {
      const wait = tried < tries ? waitSeconds(error, tried) : undefined;
      if (wait === undefined) throw error;
      await sleep(wait * 1000, undefined, signal ? { signal } : {});
    }
  }
};

const requestOf = (baseUrl: string, call: ApiCall, key: string | undefined): ApiRequest => {
  const path = call.pattern.replaceAll(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(call.path?.[name] ?? ''),
  );
  // Not by URLSearchParams: it writes a space as `+`, and the signature wants `%20`.
  const query = Object.entries(call.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
  return {
    method: call.method,
    url: new URL(`${baseUrl.replace(/\/+$/, '')}${path}${query === '' ? '' : `?${query}`}`),
    headers: {
      accept: 'application/json',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  };
};

const once = async (
  { authorize, timeoutMs }: SendOptions,
  request: ApiRequest,
  signal: AbortSignal | undefined,
): Promise<string> => {
  const headers = { ...request.headers, ...(await authorize(request)) };
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      // An answer that leads elsewhere is none of this API's.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const text = await response.text();
    if (!response.ok) throw problemOf(response, text);
    return text;
  } catch (cause) {
    if (cause instanceof ApiProblem) throw cause;
    signal?.throwIfAborted();
    throw new ApiUnreachable(`${request.url.origin} gave no answer (${reasonOf(cause)}).`, { cause });
  }
};

/** fetch only says `fetch failed`; its cause says why. */
const reasonOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('cause' in error && error.cause !== undefined) return reasonOf(error.cause);
  const message = 'message' in error ? String(error.message) : '';
  // An error for several addresses has a code and no message.
  return message === '' && 'code' in error ? String(error.code) : message;
};

// The types come from the API's document. A caller that does not trust the server can check against its schemas.
const answerOf = <Answer>(text: string): Answer => JSON.parse(text === '' ? 'null' : text);

/** Seconds until the next try, with full jitter so that many clients do not return together. Nothing when another try would not help. */
const waitSeconds = (error: unknown, tried: number): number | undefined => {
  if (error instanceof ApiUnreachable) return Math.random() * FIRST_WAIT_SECONDS * 2 ** tried;
  if (!(error instanceof ApiProblem) || !AGAIN_STATUSES.includes(error.status)) return undefined;
  const { retryAfterSeconds } = error;
  if (retryAfterSeconds === undefined) return Math.random() * FIRST_WAIT_SECONDS * 2 ** tried;
  return retryAfterSeconds <= MAX_WAIT_SECONDS ? retryAfterSeconds : undefined;
};
