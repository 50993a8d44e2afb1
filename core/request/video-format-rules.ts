import { closestNumber, closestRatio, closestResolution, ratioOf } from '../kernel/closest-match.ts';
import { DURATION_WHEN_FIXED } from '../providers/model-registry.ts';
import type { Scene } from '../providers/scenes.ts';
import { listed, type ModelCheck, refuse, SCENE_WORDS } from './model-check.ts';
import { shownValue, Unreadable } from './requested-parameters.ts';

/** `16:9` or `auto`; `16/9` and `16x9` are understood. */
export const checkAspectRatio = (check: ModelCheck): string => {
  const { requested, settings, model } = check;
  const text = (requested.aspectRatio ?? settings.defaults.aspectRatio ?? 'auto').toLowerCase();
  const aspectRatio = text.replaceAll(/\s/g, '').replace(/[/x×]/, ':');
  if (aspectRatio === 'auto' || model.aspectRatios.includes(aspectRatio)) return aspectRatio;
  const ratio = ratioOf(text);
  refuse(
    check,
    'aspectRatio',
    requested.aspectRatio ?? text,
    `${model.id} makes ${listed(model.aspectRatios)}, or auto`,
    ratio === undefined ? 'auto' : closestRatio(ratio, model.aspectRatios),
  );
  return aspectRatio;
};

export const checkResolution = (check: ModelCheck): string => {
  const { requested, settings, model, scene } = check;
  const extension = scene === 'video-to-video' ? model.extensionResolutions : undefined;
  const resolutions = extension ?? model.resolutions;
  const usual = settings.defaults.resolution?.toLowerCase() ?? '';
  const fallback = resolutions.includes(usual) ? usual : (resolutions[0] ?? '');
  const resolution = (requested.resolution ?? fallback).toLowerCase();
  if (!resolutions.includes(resolution))
    refuse(
      check,
      'resolution',
      requested.resolution ?? resolution,
      `${extension ? `with ${SCENE_WORDS[scene]} ` : ''}${model.id} makes ${listed(resolutions)}`,
      closestResolution(resolution, resolutions) ?? resolutions[0],
    );
  return resolution;
};

/** Seconds: the requested length, if the model makes it with this scene and resolution. */
export const checkDuration = (check: ModelCheck, resolution: string): number => {
  const { requested, model, scene } = check;
  const { durationsSeconds, id } = model;
  const { durationSeconds } = requested;
  if (durationSeconds === undefined)
    return durationsSeconds.includes(DURATION_WHEN_FIXED)
      ? DURATION_WHEN_FIXED
      : Math.max(...durationsSeconds);
  const seconds = durationSeconds instanceof Unreadable ? Number.NaN : durationSeconds;
  const reason = fixedBy(check, scene, resolution);
  if (reason !== undefined && seconds !== DURATION_WHEN_FIXED)
    refuse(
      check,
      'durationSeconds',
      shownValue(durationSeconds),
      `with ${reason} ${id} makes ${DURATION_WHEN_FIXED} s only`,
      String(DURATION_WHEN_FIXED),
    );
  else if (!durationsSeconds.includes(seconds))
    refuse(
      check,
      'durationSeconds',
      shownValue(durationSeconds),
      `${id} makes ${listed(durationsSeconds)} s`,
      String(closestNumber(seconds, durationsSeconds) ?? DURATION_WHEN_FIXED),
    );
  return seconds;
};

/** The scene or resolution, in words, that leaves only one length. */
const fixedBy = (
  { model: { fixedDurationWith } }: ModelCheck,
  scene: Scene,
  resolution: string,
): string | undefined => {
  if (fixedDurationWith.includes(scene)) return SCENE_WORDS[scene];
  return fixedDurationWith.includes(resolution) ? resolution : undefined;
};
