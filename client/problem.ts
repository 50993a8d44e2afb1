import type { FieldProblem } from './api.ts';

/**
 * What the API refused, as it says it (RFC 9457). `title` is a name that programs may rely on: `INVALID_PARAMETERS`, `NOT_FOUND`;
 * of an answer that is API Gateway's own it is `HTTP_403`.
 */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldProblem[];
  /** Seconds until it may be tried again, where the API says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    title: string,
    detail: string,
    errors: readonly FieldProblem[] = [],
    retryAfterSeconds?: number,
  ) {
    super(detail);
    this.status = status;
    this.title = title;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The API gave no answer. Whether an order arrived is not known, unless the same Idempotency-Key is sent again. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** Reads an answer that is none of 2xx, whoever wrote it: the function, API Gateway, or something on the way. */
export const problemOf = ({ status, headers }: Response, text: string): ApiProblem => {
  const body = parsed(text);
  const detail = textOf(body.detail) ?? textOf(body.message) ?? `The API answered HTTP ${status}.`;
  return new ApiProblem(
    status,
    textOf(body.title) ?? `HTTP_${status}`,
    detail,
    errorsOf(body.errors),
    retryAfterSeconds(headers),
  );
};

/** `Retry-After`, in seconds or as a date. */
const retryAfterSeconds = (headers: Headers): number | undefined => {
  const said = headers.get('retry-after');
  if (said === null) return undefined;
  const seconds = /^\d+$/.test(said) ? Number(said) : (Date.parse(said) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const parsed = (text: string): Fields => {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const errorsOf = (value: unknown): FieldProblem[] =>
  (Array.isArray(value) ? value : []).flatMap((entry: unknown) => {
    if (!isFields(entry)) return [];
    const [field, message] = [textOf(entry.field), textOf(entry.message)];
    return field === undefined || message === undefined ? [] : [{ field, message }];
  });
