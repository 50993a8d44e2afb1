export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface KeyedCallOptions extends CallOptions {
  /** The same key with the same body is the same request. Default: a new key for each call. */
  readonly idempotencyKey?: string | undefined;
}

/** A call of one operation, as `api.ts` writes it down. */
export interface ApiCall {
  readonly method: string;
  /** `/jobs/{id}` */
  readonly pattern: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: unknown;
  /** Takes an Idempotency-Key, so that it can be sent again. */
  readonly isKeyed?: true;
  readonly options: KeyedCallOptions;
}

export type Send = <Answer>(call: ApiCall) => Promise<Answer>;
