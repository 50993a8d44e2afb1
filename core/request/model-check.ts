import type { Model, OptionalParameter } from '../providers/model.ts';
import type { Media, Scene } from '../providers/scenes.ts';
import { type ParameterProblem, problem } from './parameters.ts';
import { type RequestedParameters, shownValue } from './requested-parameters.ts';
import type { ParameterSettings } from './settings.ts';

/** One request against one model. Each rule reads its fields and refuses what the model cannot take, so that all problems are named at once. */
export interface ModelCheck {
  readonly requested: RequestedParameters;
  readonly settings: ParameterSettings;
  readonly model: Model;
  readonly media: Media;
  readonly scene: Scene;
  readonly problems: ParameterProblem[];
}

/** @param closest the closest value that works */
export const refuse = (
  { problems }: ModelCheck,
  field: string,
  value: string,
  allowed: string,
  closest?: string,
): void => {
  problems.push(problem(field, value, allowed, closest));
};

/** The value of an optional parameter, if the model takes that parameter. */
export const accepted = <Field extends OptionalParameter>(
  check: ModelCheck,
  field: Field,
): RequestedParameters[Field] => {
  const { requested, model } = check;
  const value = requested[field];
  if (value === undefined || model.takes.includes(field)) return value;
  refuse(
    check,
    field,
    shownValue(value),
    `${model.id} has no such parameter at this provider`,
    'leave it out',
  );
  return undefined;
};

export const listed = (values: readonly (string | number)[]): string => values.join(', ');

export const SCENE_WORDS: Readonly<Record<Scene, string>> = {
  'text-to-video': 'a prompt alone',
  'image-to-video': 'a start frame',
  'first-and-last-frame': 'a last frame',
  'reference-to-video': 'reference frames',
  'video-to-video': 'a video to continue',
};
