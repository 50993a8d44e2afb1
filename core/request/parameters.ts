import * as z from 'zod';
import { closestRatio } from '../kernel/closest-match.ts';

/** What to make, in our terms. `auto` takes the aspect ratio that is nearest to the start frame's. */
export const JobParameters = z.object({
  provider: z.string(),
  model: z.string(),
  prompt: z.string(),
  aspectRatio: z.string(),
  resolution: z.string(),
  durationSeconds: z.number(),
  negativePrompt: z.string().exactOptional(),
  personGeneration: z.string().exactOptional(),
  enhancePrompt: z.boolean().exactOptional(),
  enableUpsample: z.boolean().exactOptional(),
  videoCount: z.int().positive().exactOptional(),
  extra: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).exactOptional(),
});
export type JobParameters = z.infer<typeof JobParameters>;

/** One thing wrong with what was asked: the field, the value, and what would be right. */
export const ParameterProblem = z.object({
  field: z.string(),
  value: z.string(),
  message: z.string(),
  /** The closest thing that would work, where there is one. */
  closest: z.string().exactOptional(),
});
export type ParameterProblem = z.infer<typeof ParameterProblem>;

export const problem = (
  field: string,
  value: string,
  allowed: string,
  closest?: string,
): ParameterProblem => {
  // It is kept with the job and told in its events: an address that was given may be signed.
  const shown = value
    .replaceAll(/\b(https?:\/\/)(?:[^\s/@"]*@)?([^\s?#"]*)[^\s"]*/gi, '$1$2')
    .slice(0, 100)
    .toWellFormed();
  const what = shown === '' ? field : `${field} "${shown}" cannot be used`;
  const closer = closest === undefined ? '' : ` Closest that works: ${closest}.`;
  return {
    field,
    value: shown,
    message: `${what}: ${allowed}.${closer}`,
    ...(closest === undefined ? {} : { closest }),
  };
};

/** What may be said about a job. The names are also those of a drop's metadata (`x-amz-meta-aspect-ratio`). */
const fields = [
  'provider',
  'model',
  'prompt',
  'negativePrompt',
  'aspectRatio',
  'resolution',
  'durationSeconds',
  'videoCount',
  'personGeneration',
  'enhancePrompt',
  'enableUpsample',
  'lastFrame',
  'referenceFrames',
  'video',
  'extra',
  'priority',
  'webhookUrl',
] as const;
export type Field = (typeof fields)[number];

/**
 * What was asked, as text, whoever asked: a drop's metadata and the API's body meet here. Lists and maps are JSON
 * (`referenceFrames`: a list of frames; `extra`: a map). A frame is `s3://bucket/key`, `https://…`, or `upload:KEY`.
 */
export type RawParameters = Readonly<Partial<Record<Field, string>>>;

// `x-amz-meta-aspect-ratio`, `aspect_ratio` and `aspectratio` (S3 lower-cases names) all say aspectRatio.
export const normalizeName = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');
const fieldBySimplifiedName = new Map<string, Field>([
  ...fields.map((field): [string, Field] => [normalizeName(field), field]),
  ['duration', 'durationSeconds'],
]);

/** Parts what says how to make the video from what the caller only wants to see again (in events and the manifest). */
export const splitMetadata = (
  metadata: Readonly<Record<string, string>>,
): { given: RawParameters; metadata: Record<string, string> } => {
  const given: Partial<Record<Field, string>> = {};
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    const field = fieldBySimplifiedName.get(normalizeName(name));
    if (field) given[field] = value.trim();
    else rest[name] = value;
  }
  return { given, metadata: rest };
};

/**
 * The aspect ratio to ask for: the one that was named, or for `auto` the offered one nearest to the frame's own, and the
 * first one where there is no frame.
 */
export const aspectRatioFor = (
  asked: string,
  frame: { readonly width: number; readonly height: number } | undefined,
  offered: readonly string[],
): string => {
  if (asked !== 'auto') return asked;
  const nearest = frame ? closestRatio(frame.width / frame.height, offered) : offered[0];
  return nearest ?? asked;
};
