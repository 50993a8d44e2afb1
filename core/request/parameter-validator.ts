import * as z from 'zod';
import {
  closestName,
  closestNumber,
  closestRatio,
  closestResolution,
  ratioOf,
} from '../kernel/closest-match.ts';
import { isOwnField } from '../providers/capabilities.ts';
import type { Model, OptionalParameter } from '../providers/model.ts';
import { DURATION_WHEN_FIXED, findModel } from '../providers/model-registry.ts';
import type { Media, Scene } from '../providers/scenes.ts';
import {
  type Field,
  type JobParameters,
  type ParameterProblem,
  problem,
  type RawParameters,
} from './parameters.ts';
import { DEFAULT_PRIORITY, Priority } from './priority.ts';
import type { ParameterSettings } from './settings.ts';

export const listed = (values: readonly (string | number)[]): string => values.join(', ');

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const readBoolean = (text: string): boolean | undefined => {
  if (/^(true|yes|1)$/i.test(text)) return true;
  return /^(false|no|0)$/i.test(text) ? false : undefined;
};

/** What no text for a person holds: control characters but tab and line ends, and halves of characters. */
const isReadable = (text: string): boolean =>
  text.isWellFormed() && !/\p{Cc}/u.test(text.replaceAll(/[\t\n\r]/g, ''));

const PERSONS = ['allow_all', 'allow_adult'];
/** Google makes at most this many of one request (its REST documentation of `sampleCount`, November 2026). */
const MOST_VIDEOS = 4;
const MOST_EXTRAS = 20;
const Extra = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a name of letters, digits, _, - and .'),
  z.union([z.string().max(1000), z.number(), z.boolean()], 'a text, a number, true or false'),
);

const SCENE_WORDS: Readonly<Record<Scene, string>> = {
  'text-to-video': 'a prompt alone',
  'image-to-video': 'a start frame',
  'first-and-last-frame': 'a last frame',
  'reference-to-video': 'reference frames',
  'video-to-video': 'a video to continue',
};

const SCENE_FIELDS: Readonly<Record<Scene, string>> = {
  'text-to-video': 'frame',
  'image-to-video': 'frame',
  'first-and-last-frame': 'lastFrame',
  'reference-to-video': 'referenceFrames',
  'video-to-video': 'video',
};

interface Asked {
  readonly given: RawParameters;
  readonly settings: ParameterSettings;
  readonly model: Model;
  readonly media: Media;
  readonly scene: Scene;
}

/** One request against one model. Each method reads a field and notes what is wrong with it. */
export class ParameterCheck {
  readonly problems: ParameterProblem[] = [];
  private readonly asked: Asked;

  constructor(asked: Asked) {
    this.asked = asked;
  }

  private refuse(field: string, value: string, allowed: string, closest?: string): void {
    this.problems.push(problem(field, value, allowed, closest));
  }

  prompt(): string {
    const { given, settings, model, media } = this.asked;
    // The stage's own prompt speaks of a picture; without one it would say nothing.
    const prompt = given.prompt || (media.startFrame === undefined ? '' : settings.defaults.prompt);
    if (prompt === '')
      this.refuse('prompt', '', 'say what happens in the video: without a start frame there is no default');
    const { length } = [...prompt];
    if (length > model.maxPromptCharacters)
      this.refuse(
        'prompt',
        `${prompt.slice(0, 40)}…`,
        `it has ${length} characters, ${model.id} takes ${model.maxPromptCharacters}`,
        `its first ${model.maxPromptCharacters} characters`,
      );
    this.readable('prompt', prompt);
    return prompt;
  }

  private readable(field: Field, text: string): void {
    if (!isReadable(text))
      this.refuse(field, '', 'it holds control characters or half a character, which nobody can read');
  }

  aspectRatio(): string {
    const { given, settings, model } = this.asked;
    const text = (given.aspectRatio ?? settings.defaults.aspectRatio ?? 'auto').toLowerCase();
    const aspectRatio = text.replaceAll(/\s/g, '').replace(/[/x×]/, ':');
    if (aspectRatio !== 'auto' && !model.aspectRatios.includes(aspectRatio)) {
      const ratio = ratioOf(text);
      const closest = ratio === undefined ? 'auto' : closestRatio(ratio, model.aspectRatios);
      this.refuse(
        'aspectRatio',
        given.aspectRatio ?? text,
        `${model.id} makes ${listed(model.aspectRatios)}, or auto`,
        closest,
      );
    }
    return aspectRatio;
  }

  /** Of the scene; a continued video has fewer. */
  private get resolutions(): readonly string[] {
    const { model, scene } = this.asked;
    return (scene === 'video-to-video' ? model.extensionResolutions : undefined) ?? model.resolutions;
  }

  resolution(): string {
    const { given, settings, model, scene } = this.asked;
    const usual = settings.defaults.resolution?.toLowerCase() ?? '';
    const fallback = this.resolutions.includes(usual) ? usual : (this.resolutions[0] ?? '');
    const resolution = (given.resolution ?? fallback).toLowerCase();
    if (!this.resolutions.includes(resolution)) {
      const whereFewer = this.resolutions === model.resolutions ? '' : `with ${SCENE_WORDS[scene]} `;
      this.refuse(
        'resolution',
        given.resolution ?? resolution,
        `${whereFewer}${model.id} makes ${listed(this.resolutions)}`,
        closestResolution(resolution, this.resolutions) ?? this.resolutions[0],
      );
    }
    return resolution;
  }

  /** Seconds: what was asked, if the model makes it and nothing else that was asked leaves only one length. */
  duration(resolution: string): number {
    const { given, model, scene } = this.asked;
    const { durationsSeconds, fixedDurationWith, id } = model;
    const text = given.durationSeconds;
    if (text === undefined)
      return durationsSeconds.includes(DURATION_WHEN_FIXED)
        ? DURATION_WHEN_FIXED
        : Math.max(...durationsSeconds);
    const seconds = Number(text.replace(/\s*s(ec(onds?)?)?$/i, '') || Number.NaN);
    const reason = [scene, resolution].find((what) => fixedDurationWith.includes(what));
    if (reason !== undefined && seconds !== DURATION_WHEN_FIXED)
      this.refuse(
        'durationSeconds',
        text,
        `with ${SCENE_WORDS[reason as Scene] ?? reason} ${id} makes ${DURATION_WHEN_FIXED} s only`,
        String(DURATION_WHEN_FIXED),
      );
    else if (!durationsSeconds.includes(seconds))
      this.refuse(
        'durationSeconds',
        text,
        `${id} makes ${listed(durationsSeconds)} s`,
        closestNumber(seconds, durationsSeconds)?.toString() ?? String(DURATION_WHEN_FIXED),
      );
    return seconds;
  }

  optional(): Pick<JobParameters, OptionalParameter> {
    const { media, model } = this.asked;
    const negativePrompt = this.taken('negativePrompt');
    if ([...(negativePrompt ?? '')].length > model.maxPromptCharacters)
      this.refuse(
        'negativePrompt',
        `${negativePrompt?.slice(0, 40)}…`,
        `at most ${model.maxPromptCharacters} characters`,
      );
    this.readable('negativePrompt', negativePrompt ?? '');
    const withImage = [media.startFrame, media.lastFrame, media.referenceFrames].some(
      (one) => one !== undefined,
    );
    const persons = withImage ? ['allow_adult'] : PERSONS;
    const personGeneration = this.taken('personGeneration')?.toLowerCase();
    if (personGeneration !== undefined && !persons.includes(personGeneration))
      this.refuse(
        'personGeneration',
        personGeneration,
        withImage ? `with a picture it is ${listed(persons)}` : `it is ${listed(persons)}`,
        closestName(personGeneration, persons) ?? persons[0],
      );
    const count = this.taken('videoCount');
    const videoCount = count === undefined ? undefined : Number(count);
    if (
      videoCount !== undefined &&
      !(Number.isInteger(videoCount) && videoCount >= 1 && videoCount <= MOST_VIDEOS)
    )
      this.refuse(
        'videoCount',
        count ?? '',
        `${model.id} makes 1 to ${MOST_VIDEOS} videos of one request`,
        closestNumber(videoCount, [1, 2, 3, MOST_VIDEOS])?.toString() ?? '1',
      );
    const enhancePrompt = this.flag('enhancePrompt');
    const enableUpsample = this.flag('enableUpsample');
    return {
      ...(negativePrompt ? { negativePrompt } : {}),
      ...(personGeneration === undefined ? {} : { personGeneration }),
      ...(videoCount === undefined ? {} : { videoCount }),
      ...(enhancePrompt === undefined ? {} : { enhancePrompt }),
      ...(enableUpsample === undefined ? {} : { enableUpsample }),
    };
  }

  /** What was said, if the model can be told. */
  private taken(field: OptionalParameter): string | undefined {
    const { given, model } = this.asked;
    const text = given[field];
    if (text === undefined || model.takes.includes(field)) return text;
    this.refuse(field, text, `${model.id} has no such parameter at this provider`, 'leave it out');
    return undefined;
  }

  private flag(field: Extract<Field, 'enhancePrompt' | 'enableUpsample'>): boolean | undefined {
    const text = this.taken(field);
    const flag = text === undefined ? undefined : readBoolean(text);
    if (text !== undefined && flag === undefined)
      this.refuse(field, text, 'say true or false', closestName(text, ['true', 'false']) ?? 'true');
    return flag;
  }

  extra(ownFields: readonly string[]): Pick<JobParameters, 'extra'> {
    const text = this.asked.given.extra;
    if (text === undefined) return {};
    const raw = parseJson(text);
    const read = Extra.safeParse(raw);
    // The schema leaves out `__proto__` without a word.
    if (!read.success || Object.keys(Object(raw)).length !== Object.keys(read.data).length) {
      const [issue] = read.error?.issues ?? [];
      const where = issue?.path.length
        ? `${issue.path.join('.')} must be ${issue.message}`
        : 'say a JSON map of names to texts, numbers, true or false';
      this.refuse('extra', text, where);
      return {};
    }
    const names = Object.keys(read.data);
    if (names.length > MOST_EXTRAS) this.refuse('extra', text, `at most ${MOST_EXTRAS} names`);
    for (const name of names.filter((one) => isOwnField(one, ownFields)))
      this.refuse(
        'extra',
        name,
        'it is written from the parameters above; extra is for what they do not say',
      );
    return names.length > 0 ? { extra: read.data } : {};
  }

  /** Nothing where nothing is said of it. */
  priority(): Priority | undefined {
    const text = this.asked.given.priority;
    if (text === undefined) return undefined;
    const { data } = Priority.safeParse(text.toLowerCase());
    if (data === undefined)
      this.refuse(
        'priority',
        text,
        `it is ${listed(Priority.options)}`,
        closestName(text.toLowerCase(), Priority.options) ?? DEFAULT_PRIORITY,
      );
    return data;
  }

  media(): void {
    const found = this.mediaProblem();
    if (found) this.problems.push(found);
  }

  /** Which frames go together, and whether the model makes a video of them. */
  private mediaProblem(): ParameterProblem | undefined {
    const { model, scene, media, given } = this.asked;
    const { startFrame, lastFrame, referenceFrames = [], video } = media;
    const references = given.referenceFrames ?? '';
    if (lastFrame !== undefined && startFrame === undefined)
      return problem('lastFrame', String(lastFrame), 'a last frame needs a start frame', 'leave it out');
    if (referenceFrames.length > 0 && [startFrame, lastFrame, video].some((one) => one !== undefined))
      return problem(
        'referenceFrames',
        references,
        'they go with no start frame, last frame or video',
        'leave them out',
      );
    if (video !== undefined && startFrame !== undefined)
      return problem('video', String(video), 'it goes with no start frame', 'leave it out');
    if (!model.scenes.includes(scene))
      return problem(
        SCENE_FIELDS[scene],
        given[SCENE_FIELDS[scene] as Field] ?? '',
        `${model.id} makes no video of ${SCENE_WORDS[scene]} at this provider, but of ${listed(model.scenes.map((one) => SCENE_WORDS[one]))}`,
        this.otherModelFor(scene),
      );
    if (referenceFrames.length > model.maxReferenceFrames)
      return problem(
        'referenceFrames',
        references,
        `${model.id} takes 1 to ${model.maxReferenceFrames}, not ${referenceFrames.length}`,
        `the first ${model.maxReferenceFrames}`,
      );
    return undefined;
  }

  /** A model of this stage that makes the scene. */
  private otherModelFor(scene: Scene): string | undefined {
    for (const [provider, { dialect, models }] of Object.entries(this.asked.settings.providers))
      for (const id of models)
        if (findModel(dialect, id)?.scenes.includes(scene)) return `model ${id} of provider ${provider}`;
    return undefined;
  }
}
