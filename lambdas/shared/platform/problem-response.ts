import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Problem } from '../../../core/api/problem.ts';
import type { FieldProblem } from '../../../core/request/field-problem.ts';

/** A problem that an API caller gets, after RFC 9457: a status, a stable name, a sentence, and the fields. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldProblem[];
  /** Seconds after which the same request may work: the header `Retry-After`. */
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

export const jsonAnswer = (
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** `type` is `about:blank`: programs rely on `title`. */
export const problemAnswer = ({
  status,
  title,
  message,
  errors,
  retryAfterSeconds,
}: ApiProblem): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: {
    'content-type': 'application/problem+json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  },
  body: JSON.stringify({
    type: 'about:blank',
    title,
    status,
    detail: message,
    ...(errors.length > 0 ? { errors: [...errors] } : {}),
  } satisfies Problem),
});
