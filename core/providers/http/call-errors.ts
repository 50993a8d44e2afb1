import { ProviderError, type ProviderErrorName } from '../../kernel/errors.ts';
import type { ErrorWords } from './error-body.ts';
import {
  isBalanceWording,
  isLongQuotaWording,
  isRetiredWording,
  isSafetyOutageWording,
  isSafetyWording,
  isUnknownTaskWording,
} from './error-patterns.ts';
import { quote } from './redact.ts';

/** A submit costs money and is never repeated by a machine; a check costs nothing and may always be repeated. */
export type Purpose = 'submit' | 'check';

/** Names by which a dialect's provider refuses for certain, whatever the HTTP status: code in the body → our name. */
export type Refusals = Readonly<Record<string, ProviderErrorName>>;

/** An answer that is an error, by its HTTP status or by an envelope's code under HTTP 200. */
export interface ErrorAnswer {
  /** HTTP status, or an envelope's code where that is one; 0 for a code of the provider's own. */
  readonly status: number;
  readonly words: ErrorWords;
  readonly retryAfterSeconds?: number | undefined;
}

/** What the answer does not hold: which call it was, and what must not be quoted. */
export interface CallFacts {
  readonly purpose: Purpose;
  /** Method and address, without a query. */
  readonly what: string;
  readonly refusals: Refusals;
  readonly secrets: readonly string[];
  /** Texts of ours that a provider may echo (the prompt): they decide nothing. */
  readonly echoes: readonly string[];
}

/** The one table: an error answer → a named error, whether waiting helps, whether money may be gone. */
export const errorOfAnswer = (call: CallFacts, answer: ErrorAnswer): ProviderError => {
  const name = nameOf(call, answer);
  const said = quote(answer.words.text || answer.words.codes.join(', '), call.secrets);
  const status = isHttpStatus(answer.status) ? answer.status : undefined;
  const answered = `answered ${status ?? 'with an error'}`;
  return callError(call, name, said === '' ? `${answered}, without a word` : `${answered}: ${said}`, {
    isRefusal: isRefusal(answer.status, name),
    status,
    retryAfterSeconds: answer.retryAfterSeconds,
  });
};

/** Any call that went wrong. `isRefusal`: the provider has not acted, for certain. */
export const callError = (
  call: CallFacts,
  name: ProviderErrorName,
  what: string,
  facts: {
    readonly isRefusal: boolean;
    readonly isWorthRepeating?: boolean;
    readonly status?: number | undefined;
    readonly retryAfterSeconds?: number | undefined;
    readonly cause?: Error;
  },
): ProviderError => {
  const isSubmit = call.purpose === 'submit';
  const waitingHelps = name === 'ProviderThrottled' || name === 'ProviderUnreachable';
  return new ProviderError(
    name,
    `${call.what} ${what}`,
    {
      // A refused submit may be tried again where waiting helps; one that may have been heard, never by a machine.
      retryable: isSubmit ? facts.isRefusal && (facts.isWorthRepeating ?? waitingHelps) : true,
      // That a check was refused says nothing about the money of its job.
      charged: isSubmit && facts.isRefusal ? 'no' : 'unknown',
      ...(facts.status === undefined ? {} : { status: facts.status }),
      ...(facts.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: facts.retryAfterSeconds }),
    },
    facts.cause === undefined ? undefined : { cause: facts.cause },
  );
};

/** Names that a 503 (or an unheard-of code) gets only when the provider refused for certain. */
const CERTAIN: ReadonlySet<ProviderErrorName> = new Set<ProviderErrorName>([
  'ProviderFilteredRequest',
  'ModelRetired',
  'ProviderBalanceTooLow',
  'ProviderQuotaExhausted',
  'ProviderUnauthorized',
  'ProviderThrottled',
  'ProviderRejected',
]);

const isClientError = (status: number): boolean => status >= 400 && status < 500 && status !== 408;
const isHttpStatus = (status: number): boolean => status >= 100 && status < 600;

const isRefusal = (status: number, name: ProviderErrorName): boolean =>
  isClientError(status) || ((status === 503 || !isHttpStatus(status)) && CERTAIN.has(name));

const nameOf = (call: CallFacts, { status, words }: ErrorAnswer): ProviderErrorName => {
  const text = withoutEchoes([words.text, ...words.codes].join(' '), call.echoes);
  const listed = words.codes.map((code) => listedIn(call.refusals, code)).find((name) => name !== undefined);

  const isAboutTask = call.purpose === 'check' && (isClientError(status) || !isHttpStatus(status));
  if (isAboutTask && isMissingTask(status, text, words.codes)) return 'TaskNotFound';
  if (isClientError(status)) return listed ?? nameOfClientError(status, text);
  if (status === 503 && words.isFromProvider) return listed ?? nameOfOutage(text);
  return (isHttpStatus(status) ? undefined : listed) ?? 'ProviderUnavailable';
};

/** Safety text makes a 503 a refusal (seed 000), unless it says that the safety system is down. */
const nameOfOutage = (text: string): ProviderErrorName =>
  isSafetyWording(text) && !isSafetyOutageWording(text) ? 'ProviderFilteredRequest' : 'ProviderUnavailable';

const nameOfClientError = (status: number, text: string): ProviderErrorName => {
  switch (status) {
    case 401:
      return 'ProviderUnauthorized';
    case 402:
      return 'ProviderBalanceTooLow';
    case 403:
      return isBalanceWording(text) ? 'ProviderBalanceTooLow' : 'ProviderUnauthorized';
    case 429:
      if (isLongQuotaWording(text)) return 'ProviderQuotaExhausted';
      return isBalanceWording(text) ? 'ProviderBalanceTooLow' : 'ProviderThrottled';
  }
  if (isSafetyWording(text)) return 'ProviderFilteredRequest';
  return isRetiredWording(text) ? 'ModelRetired' : 'ProviderRejected';
};

const isMissingTask = (status: number, text: string, codes: readonly string[]): boolean => {
  if (status === 404 || status === 410 || codes.includes('task_not_exist')) return true;
  return status !== 401 && status !== 403 && status !== 429 && isUnknownTaskWording(text);
};

const listedIn = (refusals: Refusals, code: string): ProviderErrorName | undefined =>
  Object.hasOwn(refusals, code) ? refusals[code] : undefined;

const withoutEchoes = (text: string, echoes: readonly string[]): string =>
  echoes.filter((echo) => echo !== '').reduce((rest, echo) => rest.replaceAll(echo, ' '), text);
