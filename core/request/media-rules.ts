import { findModel } from '../providers/model-registry.ts';
import type { Media, Scene } from '../providers/scenes.ts';
import { listed, type ModelCheck, refuse, SCENE_WORDS } from './model-check.ts';
import { shownMedia } from './requested-media.ts';
import { type RequestedParameters, Unreadable } from './requested-parameters.ts';
import type { ParameterSettings } from './settings.ts';

type MediaField = 'frame' | 'lastFrame' | 'referenceFrames' | 'video';

const SCENE_FIELDS: Readonly<Record<Scene, MediaField>> = {
  'text-to-video': 'frame',
  'image-to-video': 'frame',
  'first-and-last-frame': 'lastFrame',
  'reference-to-video': 'referenceFrames',
  'video-to-video': 'video',
};

interface MediaProblem {
  readonly field: MediaField;
  readonly allowed: string;
  readonly closest?: string | undefined;
}

/** Refuses frames and videos that do not go together, or that the model makes no video of. */
export const checkMedia = (check: ModelCheck): void => {
  const found = combinationProblem(check.media) ?? modelProblem(check);
  if (found)
    refuse(check, found.field, shownField(check.requested, found.field), found.allowed, found.closest);
};

const combinationProblem = ({
  startFrame,
  lastFrame,
  referenceFrames = [],
  video,
}: Media): MediaProblem | undefined => {
  if (lastFrame !== undefined && startFrame === undefined)
    return { field: 'lastFrame', allowed: 'a last frame needs a start frame', closest: 'leave it out' };
  if (referenceFrames.length > 0 && [startFrame, lastFrame, video].some((one) => one !== undefined))
    return {
      field: 'referenceFrames',
      allowed: 'they go with no start frame, last frame or video',
      closest: 'leave them out',
    };
  return video !== undefined && startFrame !== undefined
    ? { field: 'video', allowed: 'it goes with no start frame', closest: 'leave it out' }
    : undefined;
};

const modelProblem = ({ model, scene, media, settings }: ModelCheck): MediaProblem | undefined => {
  const { id, scenes, maxReferenceFrames } = model;
  if (!scenes.includes(scene))
    return {
      field: SCENE_FIELDS[scene],
      allowed: `${id} makes no video of ${SCENE_WORDS[scene]} at this provider, but of ${listed(scenes.map((one) => SCENE_WORDS[one]))}`,
      closest: otherModelFor(scene, settings),
    };
  const { length } = media.referenceFrames ?? [];
  return length > maxReferenceFrames
    ? {
        field: 'referenceFrames',
        allowed: `${id} takes 1 to ${maxReferenceFrames}, not ${length}`,
        closest: `the first ${maxReferenceFrames}`,
      }
    : undefined;
};

const shownField = (requested: RequestedParameters, field: MediaField): string => {
  if (field === 'referenceFrames') return shownFrames(requested.referenceFrames);
  const media = requested[field];
  if (media === undefined) return '';
  return media instanceof Unreadable ? media.text : shownMedia(media);
};

const shownFrames = (frames: RequestedParameters['referenceFrames'] = []): string => {
  if (frames instanceof Unreadable) return frames.text;
  const names = frames.map(shownMedia);
  return names.length > 1 ? JSON.stringify(names) : names.join('');
};

/** A model of this stage that makes the scene. */
const otherModelFor = (scene: Scene, { providers }: ParameterSettings): string | undefined => {
  for (const [provider, { dialect, models }] of Object.entries(providers))
    for (const id of models)
      if (findModel(dialect, id)?.scenes.includes(scene)) return `model ${id} of provider ${provider}`;
  return undefined;
};
