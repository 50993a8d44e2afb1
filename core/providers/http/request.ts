import { AddressRefused, ProviderError, TransportError } from '../../kernel/errors.ts';
import type { HttpAnswer, HttpRequest, ProviderContext } from '../provider.ts';
import { type CallFacts, callError, errorOfAnswer, type Purpose, type Refusals } from './call-errors.ts';
import { type ErrorWords, errorWordsOf } from './error-body.ts';
import { readJson } from './read-json.ts';
import { quote, redactError, withoutQuery } from './redact.ts';
import { retryAfterSecondsOf, retryDelaySecondsOf } from './retry-after.ts';

/** A submit may take long and must not be cut short; HTTP 60 s < Lambda 90 s < state 100 s < lease 120 s < retry 150 s. */
const SUBMIT_TIMEOUT_MS = 60_000;
/** A check is repeated anyway. */
const CHECK_TIMEOUT_MS = 20_000;
/** Answers are a few kilobytes; a dialect whose provider echoes its input says more. */
const MAX_ANSWER_BYTES = 1_000_000;

/** What the dialects differ in, as far as a call is concerned. */
export interface CallRules {
  /** The headers that carry the key. */
  authorize(key: string): Readonly<Record<string, string>>;
  /** Codes (lower case) of certain refusals. */
  readonly refusals: Refusals;
  /** An error that came under a 2xx, for envelopes that have a code of their own. */
  errorIn?(json: unknown): { readonly status: number; readonly words: ErrorWords } | undefined;
  readonly maxAnswerBytes?: number;
}

export interface Ask {
  readonly purpose: Purpose;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly content?: { readonly type: string; readonly bytes: Uint8Array };
  /** An answer without a body will do; its JSON is then `undefined`. */
  readonly mayBeEmpty?: boolean;
  /** Besides the key: presigned URLs in the body, which a provider may quote. */
  readonly secrets?: readonly string[];
  /** Texts of ours in the body that must not be taken for the provider's words: the prompt. */
  readonly echoes?: readonly string[];
}

export interface JsonAnswer {
  readonly json: unknown;
  /** Cleans a text of the provider for a reason or a log: no secret, no control character, not long. */
  quote(text: string, maxLength?: number): string;
  /** For a dialect that finds nothing it can use in the answer. */
  unreadable(what: string): ProviderError;
}

/**
 * One call to a provider, answered with JSON; everything else becomes a `ProviderError` by the table in `call-errors.ts`.
 * A submit is sent once, whatever happens. A check whose key is refused reads the key again, and is sent once more when
 * it is another one. What goes wrong before anything is sent (no key can be read) is thrown as it is.
 */
export const askJson = async (context: ProviderContext, rules: CallRules, ask: Ask): Promise<JsonAnswer> => {
  const key = await context.key();
  try {
    return await askOnce(context, rules, ask, key);
  } catch (error) {
    if (ask.purpose === 'submit' || !isUnauthorized(error)) throw error;
    const freshKey = await context.key({ fresh: true }).catch(() => key);
    if (freshKey === key) throw error;
    return askOnce(context, rules, { ...ask, secrets: [key, ...(ask.secrets ?? [])] }, freshKey);
  }
};

// By name: Google answers a wrong key with 400.
const isUnauthorized = (error: unknown): boolean =>
  error instanceof ProviderError && error.name === 'ProviderUnauthorized';

const askOnce = async (
  context: ProviderContext,
  rules: CallRules,
  ask: Ask,
  key: string,
): Promise<JsonAnswer> => {
  const call: CallFacts = {
    purpose: ask.purpose,
    what: `${ask.method} ${withoutQuery(ask.url)}`,
    refusals: rules.refusals,
    secrets: [key, ...(ask.secrets ?? [])],
    echoes: ask.echoes ?? [],
  };
  const answer = await send(context, rules, ask, key, call);
  const failWith = (error: { readonly status: number; readonly words: ErrorWords }) =>
    errorOfAnswer(call, {
      ...error,
      retryAfterSeconds: retryAfterSecondsOf(answer.headers) ?? retryDelaySecondsOf(answer.body),
    });
  if (answer.status < 200 || answer.status > 299)
    throw failWith({ status: answer.status, words: errorWordsOf(answer.body) });

  const unreadable = (what: string) =>
    callError(call, 'ProviderAnswerUnreadable', `answered ${answer.status}, ${quote(what, call.secrets)}`, {
      isRefusal: false,
      status: answer.status,
    });
  const json = readJson(answer.body);
  if (json === undefined && !(ask.mayBeEmpty && answer.body.byteLength === 0))
    throw unreadable(`not with JSON: ${errorWordsOf(answer.body).text || 'an empty body'}`);
  const error = rules.errorIn?.(json);
  if (error !== undefined) throw failWith(error);
  return { json, unreadable, quote: (text, maxLength) => quote(text, call.secrets, maxLength) };
};

const send = async (
  context: ProviderContext,
  rules: CallRules,
  ask: Ask,
  key: string,
  call: CallFacts,
): Promise<HttpAnswer> => {
  const body = ask.content?.bytes ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body));
  const request: HttpRequest = {
    method: ask.method,
    url: ask.url,
    headers: {
      accept: 'application/json',
      // A GET names it as well, as the seeds' examples do; a DELETE that did would be refused by some for its empty body.
      ...(ask.method !== 'DELETE' && { 'content-type': ask.content?.type ?? 'application/json' }),
      ...rules.authorize(key),
    },
    ...(body === undefined ? {} : { body }),
    timeoutMs: ask.purpose === 'submit' ? SUBMIT_TIMEOUT_MS : CHECK_TIMEOUT_MS,
    maxBytes: rules.maxAnswerBytes ?? MAX_ANSWER_BYTES,
  };
  try {
    return await context.send(request);
  } catch (error) {
    const cause = redactError(error, call.secrets);
    if (error instanceof AddressRefused)
      throw callError(call, 'ProviderUnreachable', `was not sent: ${cause.message}`, {
        isRefusal: true,
        isWorthRepeating: false,
        cause,
      });
    const isUnsent = error instanceof TransportError && !error.sent;
    const name = isUnsent ? 'ProviderUnreachable' : 'ProviderUnavailable';
    const what = isUnsent ? 'did not arrive' : 'got no answer';
    throw callError(call, name, `${what}: ${cause.message}`, { isRefusal: isUnsent, cause });
  }
};
