import * as z from 'zod';
import { JobRequestBody } from './job-request.ts';
import type { FrameReference, VideoReference } from './requested-media.ts';
import { type RequestedParameters, Unreadable } from './requested-parameters.ts';

// The metadata of a drop and the cells of a CSV are text. Here, and nowhere else, that text becomes typed.

const FieldName = JobRequestBody.omit({ metadata: true }).keyof();
/** A field of a job request. The names are also those of a drop's metadata (`x-amz-meta-aspect-ratio`) and of CSV columns. */
export type Field = z.infer<typeof FieldName>;

export type TextFields = Readonly<Partial<Record<Field, string>>>;

// `x-amz-meta-aspect-ratio`, `aspect_ratio` and `aspectratio` (S3 lower-cases names) all mean aspectRatio.
const normalizeName = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');
const fieldByName = new Map<string, Field>([
  ...FieldName.options.map((field): [string, Field] => [normalizeName(field), field]),
  ['duration', 'durationSeconds'],
]);

/** The field of this name in any of its spellings; undefined for the name of something else. */
export const fieldNamed = (name: string): Field | undefined => fieldByName.get(normalizeName(name));

/** What one source of text spells in its own way. */
export interface Spelling {
  /** Matches the unit that may follow a number of seconds. */
  readonly secondsUnit?: RegExp;
  readonly yes: RegExp;
  readonly no: RegExp;
  /** The frame of a name that is neither an s3 nor a web address. */
  readonly frame: (name: string) => FrameReference;
  /** The video of a name that is neither such an address nor `job:ID`. */
  readonly video: (name: string) => VideoReference | Unreadable;
}

/** The parameters that these texts say. Each field is read in one place, whatever the source. */
export const readTextFields = (text: TextFields, spelling: Spelling): RequestedParameters =>
  // A new field of the job request does not compile until it is read here.
  ({
    ...textsOf(text),
    durationSeconds: given(text.durationSeconds, (value) => readSeconds(value, spelling)),
    videoCount: given(text.videoCount, readNumber),
    enhancePrompt: given(text.enhancePrompt, (value) => readFlag(value, spelling)),
    enableUpsample: given(text.enableUpsample, (value) => readFlag(value, spelling)),
    extra: given(text.extra, readExtra),
    frame: given(text.frame, (value) => readFrame(value, spelling)),
    lastFrame: given(text.lastFrame, (value) => readFrame(value, spelling)),
    referenceFrames: given(text.referenceFrames, (value) => readFrames(value, spelling)),
    video: given(text.video, (value) => readVideo(value, spelling)),
  }) satisfies Readonly<Record<Field, unknown>>;

/** The fields that are text. */
const textsOf = ({
  provider,
  model,
  prompt,
  negativePrompt,
  aspectRatio,
  resolution,
  personGeneration,
  priority,
  webhookUrl,
}: TextFields) => ({
  provider,
  model,
  prompt,
  negativePrompt,
  aspectRatio,
  resolution,
  personGeneration,
  priority,
  webhookUrl,
});

const given = <Value>(text: string | undefined, read: (text: string) => Value): Value | undefined =>
  text === undefined ? undefined : read(text);

const readNumber = (text: string): number | Unreadable => {
  const number = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : new Unreadable(text, 'say a number, such as 8');
};

const readSeconds = (text: string, { secondsUnit }: Spelling): number | Unreadable => {
  const seconds = readNumber(secondsUnit ? text.replace(secondsUnit, '') : text);
  return seconds instanceof Unreadable ? new Unreadable(text, seconds.expected) : seconds;
};

const readFlag = (text: string, { yes, no }: Spelling): boolean | Unreadable => {
  if (yes.test(text)) return true;
  return no.test(text) ? false : new Unreadable(text, 'say true or false');
};

const Extra = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], 'a text, a number, true or false'),
);

const readExtra = (text: string): z.infer<typeof Extra> | Unreadable => {
  const json = parseJson(text);
  const { data, error } = Extra.safeParse(json);
  // The schema drops `__proto__` without a word.
  if (data && Object.keys(data).length === Object.keys(Object(json)).length) return data;
  const [issue] = error?.issues ?? [];
  return new Unreadable(
    text,
    issue?.path.length
      ? `${issue.path.join('.')} must be ${issue.message}`
      : 'say a JSON map of names to texts, numbers, true or false',
  );
};

const readFrame = (name: string, spelling: Spelling): FrameReference => {
  if (/^https?:\/\//i.test(name)) return { url: name };
  return /^s3:\/\//i.test(name) ? { s3Uri: name } : spelling.frame(name);
};

const FrameNames = z.array(z.string().min(1)).min(1);

/** One name, or a JSON list of names. */
const readFrames = (text: string, spelling: Spelling): readonly FrameReference[] | Unreadable => {
  const { data } = FrameNames.safeParse(text.startsWith('[') ? parseJson(text) : [text]);
  return (
    data?.map((name) => readFrame(name, spelling)) ??
    new Unreadable(text, 'say a JSON list of frames, each s3://bucket/key or an https address')
  );
};

const readVideo = (name: string, spelling: Spelling): VideoReference | Unreadable => {
  const [, jobId] = /^job:(.+)$/s.exec(name) ?? [];
  if (jobId !== undefined) return { jobId };
  if (/^s3:\/\//i.test(name)) return { s3Uri: name };
  return /^(https|gs):\/\//i.test(name) ? { uri: name } : spelling.video(name);
};

/** A video that no source of text can name. */
export const unreadableVideo = (name: string): Unreadable =>
  new Unreadable(name, 'say s3://bucket/key, an https or gs address, or job:ID of an earlier job');

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
