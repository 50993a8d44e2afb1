import type * as z from 'zod';
import type { Charged } from '../kernel/contract.ts';
import type { Endpoint } from './endpoint.ts';
import type { Model } from './model.ts';

/** What a poll needs to know of a task: JSON without secrets, kept in the job's record. */
export interface ProviderTask {
  readonly id: string;
  /** An address to poll, if the provider named one at its own origin. */
  readonly resultUrl?: string;
}

/** A picture of a request. A dialect takes the form it can send; nothing is fetched or signed before it asks. */
export interface Frame {
  readonly mimeType: string;
  readonly bytes: number;
  /** A GET address for this one object, https, good for an hour. A secret: it never goes anywhere but to the provider. */
  url(): Promise<string>;
  read(): Promise<Uint8Array>;
}

/** A video to be continued: an address that the provider can fetch. */
export interface SourceVideo {
  /** https or gs. A secret where it is signed: it never goes anywhere but to the provider. */
  url(): Promise<string>;
}

/** Values of parameters that only the gateway knows, by the names that it gives them. */
export type Extra = Readonly<Record<string, string | number | boolean>>;

/** A video to be made, in our terms, already checked against the model. Which frames are there says the scene. */
export interface VideoRequest {
  readonly model: string;
  readonly prompt: string;
  readonly aspectRatio: string;
  readonly resolution: string;
  readonly durationSeconds: number;
  readonly enhancePrompt?: boolean;
  readonly enableUpsample?: boolean;
  readonly negativePrompt?: string;
  readonly personGeneration?: string;
  /** How many videos to make of it; 1 where left out. */
  readonly videoCount?: number;
  readonly startFrame?: Frame;
  /** Only with a start frame. */
  readonly lastFrame?: Frame;
  /** 1 to 3, and then no other frame and no video. */
  readonly referenceFrames?: readonly Frame[];
  readonly video?: SourceVideo;
  /** Passed through as it is; no name in it is one that the dialect writes itself. */
  readonly extra?: Extra;
}

/** Where a finished video can be had. */
export interface VideoOutput {
  /** An http(s) address, or the video itself as `data:video/mp4;base64,…`. */
  readonly url: string;
  /** The address is one of the provider's own and opens with its key only. */
  readonly needsKey?: true;
  /**
   * Only the status word says that there is a video: the address is where it would be. A task that failed or was filtered looks
   * the same to some relays, and the address answers with an error for ever.
   */
  readonly isUnconfirmed?: true;
}

/** The provider's verdict on a task, in our words. */
export type TaskStatus =
  | { readonly state: 'queued' }
  /** `progress` in percent, 0 to 100, if the provider reports it. */
  | { readonly state: 'running'; readonly progress?: number }
  /** An unknown word: keep polling, log the word. */
  | { readonly state: 'unknown'; readonly word: string }
  | {
      readonly state: 'succeeded';
      readonly outputs: readonly VideoOutput[];
      readonly notes?: readonly string[];
    }
  /** Finished without an output. May be a delay, so it has to last before it counts. */
  | { readonly state: 'empty'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string; readonly charged: Charged }
  | { readonly state: 'filtered'; readonly reason: string; readonly charged: Charged }
  | { readonly state: 'cancelled'; readonly reason: string; readonly charged: Charged }
  | { readonly state: 'expired'; readonly reason: string };

/**
 * One configured provider. A verdict is returned; a call that went wrong is thrown as `ProviderError`.
 * `submit` makes exactly one POST and repeats nothing.
 */
export interface VideoProvider {
  /**
   * Throws `ProviderError` `ProviderRejected`, free, for a request that this dialect cannot express: a parameter that it does
   * not have, frames too large for its requests. `submit` throws the same before it sends anything.
   */
  assertSendable(request: VideoRequest): void;
  submit(request: VideoRequest): Promise<ProviderTask>;
  check(task: ProviderTask): Promise<TaskStatus>;
  /** Asks the provider to stop; missing unless the settings say that it can. The answer is no verdict: poll again. */
  cancel?(task: ProviderTask): Promise<void>;
  /** The headers that open an output with `needsKey`: for the provider's own origins and nowhere else. */
  downloadHeaders?(options?: { readonly fresh: boolean }): Promise<Readonly<Record<string, string>>>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'HEAD' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For the whole answer, body included, in milliseconds. */
  readonly timeoutMs: number;
  /** A longer body is an error. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Sends one request and reads the whole answer. Follows no redirect, repeats nothing, sends nothing to an address that is
 * refused. Throws `TransportError` or `AddressRefused`.
 */
export type SendHttp = (request: HttpRequest) => Promise<HttpAnswer>;

/** What a dialect receives; it looks up nothing by itself. */
export interface ProviderContext {
  readonly settings: Endpoint;
  readonly send: SendHttp;
  /** The provider's key. `fresh` reads the secret again. Throws `ProviderError` `ProviderKeyMissing`. */
  key(options?: { readonly fresh: boolean }): Promise<string>;
}

/** One way to speak to gateways: a file that exports this, and a line in `registry.ts`. */
export interface Dialect {
  /** What a stage may say about a gateway of this dialect, under `options`. */
  readonly options: z.ZodType;
  /** The models that gateways of this dialect offer. */
  readonly models: readonly Model[];
  /** The names that it writes where `extra` goes: `extra` may hold none of them. */
  readonly ownFields: readonly string[];
  /** The time zone in which providers count the days of a daily quota. UTC where left out: servers count in it. */
  readonly quotaTimeZone?: string;
  /** Whether a provider with these options can stop a task. Never where left out. */
  canCancel?(options: Endpoint['options']): boolean;
  /** A provider with these settings. */
  connect(context: ProviderContext): VideoProvider;
}
