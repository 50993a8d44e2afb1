import type { Scene } from './scenes.ts';

/** Parameters that only some models take. */
export type OptionalParameter =
  | 'enhancePrompt'
  | 'enableUpsample'
  | 'negativePrompt'
  | 'personGeneration'
  | 'videoCount';

/** Until when a model is offered. */
export interface LifeCycle {
  /** `retired`: its maker does not offer it any more, though a gateway may. `preview`: it may go at short notice. */
  readonly status: 'available' | 'preview' | 'retired';
  /** The day from which its maker does not offer it: `2026-06-30`. */
  readonly retiresOn?: string;
  /** What to use instead. */
  readonly replacement?: string;
  /** The source of this, and its date. */
  readonly source: string;
}

/** What is certainly not charged. */
export interface Billing {
  /** A video that was withheld for its content is free. */
  readonly isFilteredFree: boolean;
  /** If fewer videos come than were requested, only those are charged. */
  readonly isDeliveredOnly: boolean;
  readonly source: string;
}

/**
 * A model as a gateway offers it: data, with its sources. A gateway may keep a name alive that its maker has retired, so a
 * model belongs to a dialect. Prices are estimates: what the maker lists for the video, not what a reseller's invoice says.
 */
export interface Model {
  readonly id: string;
  readonly scenes: readonly Scene[];
  readonly aspectRatios: readonly string[];
  readonly resolutions: readonly string[];
  /** Lengths in seconds that can be requested. */
  readonly durationsSeconds: readonly number[];
  /** Resolutions, and scenes, that leave only one length: `DURATION_WHEN_FIXED`. */
  readonly fixedDurationWith: readonly string[];
  /** Resolutions of a continued video, where they are fewer. */
  readonly extensionResolutions?: readonly string[];
  /** Which optional parameters it takes. */
  readonly takes: readonly OptionalParameter[];
  readonly maxPromptCharacters: number;
  readonly maxReferenceFrames: number;
  /** Requests a minute that its maker allows an account, where known. */
  readonly requestsPerMinute?: number;
  /** Micro-dollars for a second of video, by resolution; empty without a list price. */
  readonly pricePerSecondMicros: Readonly<Record<string, number>>;
  /** Missing where unknown: a withheld video may have been charged, and a part costs as much as the whole. */
  readonly billing?: Billing;
  readonly watermark: string;
  /** Hours that the provider keeps a video. */
  readonly retentionHours: number;
  readonly lifeCycle: LifeCycle;
  readonly source: string;
}
