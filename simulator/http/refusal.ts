/** Why the gateway refuses a request. Each dialect has its status and body for it. */
export type RefusalKind =
  | 'unauthorised'
  | 'invalid' // the message starts with the name of the field
  | 'too-large'
  | 'no-route'
  | 'no-task'
  | 'finished' // too late to cancel
  | 'rate' // try again soon
  | 'quota' // try again tomorrow
  | 'balance'
  | 'policy'
  | 'no-model'
  | 'retired'
  | 'server';

export interface RefusalOptions extends ErrorOptions {
  /** Answer this instead of the usual status of the kind. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
}

const usualStatus: Record<RefusalKind, number> = {
  unauthorised: 401,
  invalid: 400,
  'too-large': 413,
  'no-route': 404,
  'no-task': 404,
  finished: 409,
  rate: 429,
  quota: 429,
  balance: 403,
  policy: 400,
  'no-model': 503,
  retired: 404,
  server: 500,
};

/** The request is not served: nothing was accepted and nothing is charged. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: RefusalKind,
    message: string,
    { status, retryAfterSeconds, ...options }: RefusalOptions = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.status = status ?? usualStatus[kind];
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** For dialects that put the time to wait in a header. */
export const retryAfterHeader = ({ retryAfterSeconds }: Refusal): Record<string, string> =>
  retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };

/** A 400 that names the field, as `aspect_ratio: must be 16:9 or 9:16`. */
export const invalid = (field: string, problem: string, options?: ErrorOptions) =>
  new Refusal('invalid', `${field}: ${problem}`, options);
