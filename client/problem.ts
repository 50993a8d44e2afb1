import type { FieldProblem } from './api.ts';

/**
 * A refusal of the API (RFC 9457). Programs may rely on `title`: `INVALID_PARAMETERS`, `NOT_FOUND`; an answer of API Gateway itself
 * has a title such as `HTTP_403`.
 */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldProblem[];
  /** Seconds until the next try may be made, if the API says so. */
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

/** The API gave no answer. It is not known whether a job request arrived: send it again with the same Idempotency-Key. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** A key, a token or a signature would go over plain HTTP to another machine, where anyone on the way can take it. Nothing was sent. */
export class InsecureAddress extends Error {
  override readonly name = 'InsecureAddress';
}

/** Reads an answer other than 2xx: of the function, of API Gateway, or of something between. */
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
