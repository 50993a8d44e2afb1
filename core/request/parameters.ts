import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { closestRatio } from '../kernel/closest-match.ts';

/** The video to make, in our terms. `auto` takes the aspect ratio that is nearest to the start frame's. */
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

/** One thing wrong with a job request: the field, its value, and what it takes. */
export const ParameterProblem = z.object({
  field: z.string(),
  value: z.string(),
  message: z.string(),
  /** The closest value that works, where there is one. */
  closest: z.string().exactOptional(),
});
export type ParameterProblem = z.infer<typeof ParameterProblem>;

export const problem = (
  field: string,
  value: string,
  allowed: string,
  closest?: string,
): ParameterProblem => {
  // Problems stay with the job and go out in its events, and an address may be signed: its query and credentials are cut.
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

/** Whether both make the very same video, if another provider and model may make it. */
export const sameVideo = (one: JobParameters, other: JobParameters): boolean =>
  isDeepStrictEqual(videoOf(one), videoOf(other));

const videoOf = ({ provider: _, model: __, ...video }: JobParameters) => video;

/**
 * The aspect ratio to submit: the requested one, or for `auto` the offered one nearest to the frame's own, and the first one
 * where there is no frame.
 */
export const aspectRatioFor = (
  requested: string,
  frame: { readonly width: number; readonly height: number } | undefined,
  offered: readonly string[],
): string => {
  if (requested !== 'auto') return requested;
  const nearest = frame ? closestRatio(frame.width / frame.height, offered) : offered[0];
  return nearest ?? requested;
};
