import type { Charged, FailureCode } from './contract.ts';

/**
 * A job cannot go on: the reason for a person, and what to do about it. Checks throw it; the calling step ends the job with
 * it.
 */
export class JobFailure extends Error {
  override readonly name: 'JobFailure' | 'InvalidFrame' = 'JobFailure';
  readonly code: FailureCode;
  readonly advice: string;
  readonly charged: Charged;

  constructor(code: FailureCode, message: string, advice: string, charged: Charged, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.advice = advice;
    this.charged = charged;
  }
}

/** The start frame (or another frame) is not a picture that can be used. Waiting does not help; nothing was spent. */
export class InvalidFrame extends JobFailure {
  override readonly name = 'InvalidFrame';

  constructor(message: string, options?: ErrorOptions) {
    super(
      'INVALID_FRAME',
      message,
      'Drop a PNG, JPEG or WebP picture; write the same key again to start a new job.',
      'no',
      options,
    );
  }
}

/** The bytes at the provider's address are not a whole, playable MP4. Another download may help; the video was paid for. */
export class InvalidVideo extends Error {
  override readonly name = 'InvalidVideo';
}

/** An address that Startframe does not call: not https, not public, or not where this provider's files may come from. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** The connection failed. `sent` says whether a byte of the request may have reached the other side. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly sent: boolean;

  constructor(message: string, sent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
  }
}

/** How a call to a provider failed; logs and records are searched by this name. */
export type ProviderErrorName =
  | 'ProviderUnreachable' // nothing was sent: DNS, refused connection, TLS, refused address
  | 'ProviderUnavailable' // 5xx, reset, time-out: the provider may or may not have acted
  | 'ProviderThrottled' // 429: too fast, waiting helps
  | 'ProviderQuotaExhausted' // a daily or spend limit: waiting minutes does not help
  | 'ProviderUnauthorized' // the key is wrong or not allowed
  | 'ProviderBalanceTooLow' // no money left at the provider
  | 'ProviderKeyMissing' // the secret holds no key
  | 'ProviderRejected' // 4xx: this request is refused for certain
  | 'ProviderFilteredRequest' // refused for its content
  | 'ModelRetired' // the model is no longer offered
  | 'TaskNotFound' // the provider does not know the task (just now, or any more)
  | 'ProviderAnswerUnreadable'; // a 2xx whose body says nothing we can read

export interface ProviderErrorFacts {
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** `no`: the provider refused for certain. `unknown`: it may have acted. A call that went wrong never knows `yes`. */
  readonly charged: 'no' | 'unknown';
  /** The HTTP status, where there was one. */
  readonly status?: number;
  /** How long the provider asks to wait, in seconds. */
  readonly retryAfterSeconds?: number;
}

/** A failed call to a provider (a verdict on a video is returned instead). The message never holds a secret. */
export class ProviderError extends Error {
  override readonly name: ProviderErrorName;
  readonly retryable: boolean;
  readonly charged: 'no' | 'unknown';
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(name: ProviderErrorName, message: string, facts: ProviderErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
    this.retryable = facts.retryable;
    this.charged = facts.charged;
    this.status = facts.status;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}
