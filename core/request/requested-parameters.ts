import type { FrameReference, VideoReference } from './requested-media.ts';

/**
 * A text that its field cannot be read from. It goes on to the check beside the readable fields: the check knows what the model
 * makes, names the closest value that works, and reports all problems at once.
 */
export class Unreadable {
  /** As the caller wrote it. */
  readonly text: string;
  /** What the field takes, for a person: `say true or false`. */
  readonly expected: string;

  constructor(text: string, expected: string) {
    this.text = text;
    this.expected = expected;
  }
}

type Read<Value> = Value | Unreadable | undefined;

/**
 * The parameters of a job request, typed, not yet checked against a stage and a model. The body of `POST /jobs` is one as it
 * stands; text becomes one in `text-fields.ts`.
 */
export interface RequestedParameters {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly prompt?: string | undefined;
  readonly negativePrompt?: string | undefined;
  readonly aspectRatio?: string | undefined;
  readonly resolution?: string | undefined;
  readonly durationSeconds?: Read<number>;
  readonly videoCount?: Read<number>;
  readonly personGeneration?: string | undefined;
  readonly enhancePrompt?: Read<boolean>;
  readonly enableUpsample?: Read<boolean>;
  readonly extra?: Read<Readonly<Record<string, string | number | boolean>>>;
  readonly frame?: FrameReference | undefined;
  readonly lastFrame?: FrameReference | undefined;
  readonly referenceFrames?: Read<readonly FrameReference[]>;
  readonly video?: Read<VideoReference>;
  readonly priority?: string | undefined;
  readonly webhookUrl?: string | undefined;
}

/** A value of a field as problems show it. */
export const shownValue = (value: RequestedParameters[keyof RequestedParameters]): string => {
  if (value === undefined) return '';
  if (value instanceof Unreadable) return value.text;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
