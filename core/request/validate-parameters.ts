import type { OptionalParameter } from '../providers/model.ts';
import { findModel } from '../providers/model-registry.ts';
import { dialects } from '../providers/registry.ts';
import { type Media, sceneOf } from '../providers/scenes.ts';
import { checkMedia } from './media-rules.ts';
import type { ModelCheck } from './model-check.ts';
import { chooseModel } from './model-choice.ts';
import {
  checkExtra,
  checkFlag,
  checkPersonGeneration,
  checkPriority,
  checkVideoCount,
} from './option-rules.ts';
import { type JobParameters, type ParameterProblem, problem } from './parameters.ts';
import type { Priority } from './priority.ts';
import { checkNegativePrompt, checkPrompt } from './prompt-rules.ts';
import type { FrameReference, VideoReference } from './requested-media.ts';
import { type RequestedParameters, Unreadable } from './requested-parameters.ts';
import type { ParameterSettings } from './settings.ts';
import { checkAspectRatio, checkDuration, checkResolution } from './video-format-rules.ts';

/** Frames and video as the caller named them, not yet found. */
export interface RequestedMedia {
  readonly lastFrame?: FrameReference;
  readonly referenceFrames?: readonly FrameReference[];
  readonly video?: VideoReference;
}

interface Problems {
  readonly problems: readonly ParameterProblem[];
}

interface ModelParameters {
  readonly parameters: JobParameters;
  readonly priority?: Priority;
}

/**
 * Checks a request against the stage and the model, before anything is spent. What it leaves out comes from the stage's
 * defaults. Names every problem at once, each with the closest value that works.
 */
export const checkParameters = (
  requested: RequestedParameters,
  settings: ParameterSettings,
  { hasStartFrame = true }: { readonly hasStartFrame?: boolean } = {},
): (ModelParameters & { readonly media: RequestedMedia }) | Problems => {
  const media = readableMedia(requested);
  if ('problems' in media) return media;
  const checked = checkForModel(requested, settings, {
    ...media,
    ...(hasStartFrame ? { startFrame: true } : {}),
  });
  return 'problems' in checked ? checked : { ...checked, media };
};

/**
 * The same where frames and video are known to exist already; only whether they are there counts.
 */
export const checkForModel = (
  requested: RequestedParameters,
  settings: ParameterSettings,
  media: Media,
): ModelParameters | Problems => {
  const chosen = chooseModel(requested, settings);
  if ('message' in chosen) return { problems: [chosen] };
  const dialect = settings.providers[chosen.provider]?.dialect;
  const model = dialect && findModel(dialect, chosen.model);
  if (!model)
    return { problems: [problem('model', chosen.model, `the registry does not know it for ${dialect}`)] };
  const check: ModelCheck = { requested, settings, model, media, scene: sceneOf(media), problems: [] };
  const parameters = {
    ...chosen,
    prompt: checkPrompt(check),
    ...formatOf(check),
    ...optionsOf(check),
    ...extraOf(check, dialects[model.dialect].ownFields),
  };
  const priority = checkPriority(check);
  checkMedia(check);
  return check.problems.length > 0
    ? { problems: check.problems }
    : { parameters, ...(priority ? { priority } : {}) };
};

const formatOf = (
  check: ModelCheck,
): Pick<JobParameters, 'aspectRatio' | 'resolution' | 'durationSeconds'> => {
  const aspectRatio = checkAspectRatio(check);
  const resolution = checkResolution(check);
  return { aspectRatio, resolution, durationSeconds: checkDuration(check, resolution) };
};

const optionsOf = (check: ModelCheck): Pick<JobParameters, OptionalParameter> => {
  const negativePrompt = checkNegativePrompt(check);
  const personGeneration = checkPersonGeneration(check);
  const videoCount = checkVideoCount(check);
  const enhancePrompt = checkFlag(check, 'enhancePrompt');
  const enableUpsample = checkFlag(check, 'enableUpsample');
  return {
    ...(negativePrompt ? { negativePrompt } : {}),
    ...(personGeneration === undefined ? {} : { personGeneration }),
    ...(videoCount === undefined ? {} : { videoCount }),
    ...(enhancePrompt === undefined ? {} : { enhancePrompt }),
    ...(enableUpsample === undefined ? {} : { enableUpsample }),
  };
};

const extraOf = (check: ModelCheck, ownFields: readonly string[]): Pick<JobParameters, 'extra'> => {
  const extra = checkExtra(check, ownFields);
  return extra ? { extra } : {};
};

/** Without knowing which frames there are, nothing else can be checked. */
const readableMedia = ({
  lastFrame,
  referenceFrames,
  video,
}: RequestedParameters): RequestedMedia | Problems => {
  const problems: ParameterProblem[] = [];
  const readable = <Value>(field: string, value: Value | Unreadable): Value | undefined => {
    if (!(value instanceof Unreadable)) return value;
    problems.push(problem(field, value.text, value.expected));
    return undefined;
  };
  const references = readable('referenceFrames', referenceFrames);
  const source = readable('video', video);
  if (problems.length > 0) return { problems };
  return {
    ...(lastFrame === undefined ? {} : { lastFrame }),
    ...(references === undefined ? {} : { referenceFrames: references }),
    ...(source === undefined ? {} : { video: source }),
  };
};
