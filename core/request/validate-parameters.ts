import * as z from 'zod';
import { closestName } from '../kernel/closest-match.ts';
import { findModel } from '../providers/model-registry.ts';
import { dialects } from '../providers/registry.ts';
import { sceneOf } from '../providers/scenes.ts';
import { listed, ParameterCheck, parseJson } from './parameter-validator.ts';
import { type JobParameters, type ParameterProblem, problem, type RawParameters } from './parameters.ts';
import type { Priority } from './priority.ts';
import type { ParameterSettings } from './settings.ts';

/** Frames and video by the names they were given, still to be found. */
export interface NamedMedia {
  readonly lastFrame?: string;
  readonly referenceFrames?: readonly string[];
  readonly video?: string;
}

export type CheckedParameters =
  | { readonly parameters: JobParameters; readonly media: NamedMedia; readonly priority?: Priority }
  | { readonly problems: readonly ParameterProblem[] };

/**
 * Checks what was asked against the stage and the model, before anything is spent. What is not said comes from the stage's
 * defaults. Names every problem at once, each with the closest thing that would work.
 */
export const checkParameters = (
  given: RawParameters,
  settings: ParameterSettings,
  { hasStartFrame = true }: { readonly hasStartFrame?: boolean } = {},
): CheckedParameters => {
  const chosen = choose(given, settings);
  if ('message' in chosen) return { problems: [chosen] };
  const dialect = settings.providers[chosen.provider]?.dialect;
  const model = dialect && findModel(dialect, chosen.model);
  if (!model)
    return { problems: [problem('model', chosen.model, `the registry does not know it for ${dialect}`)] };
  const named = readMedia(given);
  if ('message' in named) return { problems: [named] };
  const media = { ...named, ...(hasStartFrame ? { startFrame: true } : {}) };
  const check = new ParameterCheck({ given, settings, model, media, scene: sceneOf(media) });
  const prompt = check.prompt();
  const aspectRatio = check.aspectRatio();
  const resolution = check.resolution();
  const parameters = {
    ...chosen,
    prompt,
    aspectRatio,
    resolution,
    durationSeconds: check.duration(resolution),
    ...check.optional(),
    ...check.extra(dialects[model.dialect].ownFields),
  };
  const priority = check.priority();
  check.media();
  return check.problems.length > 0
    ? { problems: check.problems }
    : { parameters, media: named, ...(priority ? { priority } : {}) };
};

const offers = (settings: ParameterSettings, provider: string, model: string): boolean =>
  providerOf(settings, provider)?.models.includes(model) ?? false;

// A name like `constructor` is one of every object, and no provider.
const providerOf = (
  { providers }: ParameterSettings,
  id: string,
): ParameterSettings['providers'][string] | undefined =>
  Object.hasOwn(providers, id) ? providers[id] : undefined;

/** Provider and model from what was named: both, one of them, or neither. */
const choose = (
  given: RawParameters,
  settings: ParameterSettings,
): { provider: string; model: string } | ParameterProblem => {
  const providers = Object.keys(settings.providers);
  const { defaults } = settings;
  if (given.provider !== undefined) {
    const provider = providerOf(settings, given.provider);
    if (!provider)
      return problem(
        'provider',
        given.provider,
        `this stage has ${listed(providers)}`,
        closestName(given.provider, providers),
      );
    const model =
      given.model ?? (provider.models.includes(defaults.model) ? defaults.model : provider.models[0]);
    if (model === undefined || !provider.models.includes(model))
      return problem(
        'model',
        model ?? '',
        `${given.provider} offers ${listed(provider.models)}`,
        closestName(model ?? '', provider.models),
      );
    return { provider: given.provider, model };
  }
  const model = given.model ?? defaults.model;
  const preferred = defaults.provider === undefined ? providers : [defaults.provider, ...providers];
  const provider = preferred.find((id) => offers(settings, id, model));
  if (provider === undefined) {
    const offered = [...new Set(Object.values(settings.providers).flatMap(({ models }) => models))];
    return problem('model', model, `this stage offers ${listed(offered)}`, closestName(model, offered));
  }
  return { provider, model };
};

const FrameNames = z.array(z.string().min(1)).min(1);

const readMedia = ({ lastFrame, referenceFrames, video }: RawParameters): NamedMedia | ParameterProblem => {
  const names = referenceFrames?.startsWith('[')
    ? FrameNames.safeParse(parseJson(referenceFrames)).data
    : referenceFrames && [referenceFrames];
  if (referenceFrames !== undefined && !names)
    return problem(
      'referenceFrames',
      referenceFrames,
      'say a JSON list of frames, each s3://bucket/key or an https address',
    );
  return {
    ...(lastFrame === undefined ? {} : { lastFrame }),
    ...(names ? { referenceFrames: names } : {}),
    ...(video === undefined ? {} : { video }),
  };
};
