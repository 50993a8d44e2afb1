import * as z from 'zod';
import { DURATION_WHEN_FIXED, findModel, type Model } from './models.ts';
import type { RuntimeSettings } from './settings.ts';

/** An object in one of our own buckets. `versionId` pins what was there when the job was accepted. */
export const ObjectLocation = z.object({
  bucket: z.string().min(1),
  key: z.string().min(1),
  versionId: z.string().exactOptional(),
});
export type ObjectLocation = z.infer<typeof ObjectLocation>;

/** What to make, in our terms. `auto` takes the aspect ratio that is nearest to the start frame's. */
export const JobParameters = z.object({
  provider: z.string(),
  model: z.string(),
  prompt: z.string(),
  aspectRatio: z.string(),
  resolution: z.string(),
  durationSeconds: z.number(),
  enhancePrompt: z.boolean().exactOptional(),
  enableUpsample: z.boolean().exactOptional(),
});
export type JobParameters = z.infer<typeof JobParameters>;

/** One thing wrong with what was asked: the field, the value, and what would be right. */
export const ParameterProblem = z.object({ field: z.string(), value: z.string(), message: z.string() });
export type ParameterProblem = z.infer<typeof ParameterProblem>;

export type CheckedParameters =
  | { readonly parameters: JobParameters; readonly lastFrame?: string }
  | { readonly problems: readonly ParameterProblem[] };

/** What may be said about a job. The names are also those of a drop's metadata (`x-amz-meta-aspect-ratio`). */
const fields = [
  'provider',
  'model',
  'prompt',
  'aspectRatio',
  'resolution',
  'durationSeconds',
  'enhancePrompt',
  'enableUpsample',
  'lastFrame',
] as const;
type Field = (typeof fields)[number];

// `x-amz-meta-aspect-ratio`, `aspect_ratio` and `aspectratio` (S3 lower-cases names) all say aspectRatio.
const simplified = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');
const fieldBySimplifiedName = new Map<string, Field>([
  ...fields.map((field): [string, Field] => [simplified(field), field]),
  ['duration', 'durationSeconds'],
]);

/** Parts what says how to make the video from what the caller only wants to see again (in events and the manifest). */
export const sortMetadata = (
  metadata: Readonly<Record<string, string>>,
): { given: Partial<Record<Field, string>>; metadata: Record<string, string> } => {
  const given: Partial<Record<Field, string>> = {};
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    const field = fieldBySimplifiedName.get(simplified(name));
    if (field) given[field] = value.trim();
    else rest[name] = value;
  }
  return { given, metadata: rest };
};

const offers = (settings: RuntimeSettings, provider: string, model: string): boolean =>
  settings.providers[provider]?.models.includes(model) ?? false;

/** Provider and model from what was named: both, one of them, or neither. */
const choose = (
  given: Partial<Record<Field, string>>,
  settings: RuntimeSettings,
): { provider: string; model: string } | ParameterProblem => {
  const providers = Object.keys(settings.providers);
  const { defaults } = settings;
  if (given.provider !== undefined) {
    const provider = settings.providers[given.provider];
    if (!provider) return problem('provider', given.provider, `this stage has ${listed(providers)}`);
    const model =
      given.model ?? (provider.models.includes(defaults.model) ? defaults.model : provider.models[0]);
    if (model === undefined || !provider.models.includes(model))
      return problem('model', model ?? '', `${given.provider} offers ${listed(provider.models)}`);
    return { provider: given.provider, model };
  }
  const model = given.model ?? defaults.model;
  const preferred = defaults.provider === undefined ? providers : [defaults.provider, ...providers];
  const provider = preferred.find((id) => offers(settings, id, model));
  if (provider === undefined) {
    const offered = [...new Set(Object.values(settings.providers).flatMap(({ models }) => models))];
    return problem('model', model, `this stage offers ${listed(offered)}`);
  }
  return { provider, model };
};

const problem = (field: Field, value: string, allowed: string): ParameterProblem => ({
  field,
  value: value.slice(0, 100),
  message: `${field} "${value.slice(0, 100)}" cannot be used: ${allowed}.`,
});

const listed = (values: readonly (string | number)[]): string => values.join(', ');

const readBoolean = (text: string): boolean | undefined =>
  ({ true: true, yes: true, '1': true, false: false, no: false, '0': false })[text.toLowerCase()];

const checkAgainst = (
  model: Model,
  given: Partial<Record<Field, string>>,
  settings: RuntimeSettings,
): { parameters: Omit<JobParameters, 'provider' | 'model'>; problems: ParameterProblem[] } => {
  const problems: ParameterProblem[] = [];
  const prompt = given.prompt || settings.defaults.prompt;
  if ([...prompt].length > model.maxPromptCharacters)
    problems.push(
      problem(
        'prompt',
        `${prompt.slice(0, 40)}…`,
        `it has ${[...prompt].length} characters, ${model.id} takes ${model.maxPromptCharacters}`,
      ),
    );

  const aspectRatio = (given.aspectRatio ?? settings.defaults.aspectRatio ?? 'auto')
    .replace('/', ':')
    .toLowerCase();
  if (aspectRatio !== 'auto' && !model.aspectRatios.includes(aspectRatio))
    problems.push(
      problem('aspectRatio', aspectRatio, `${model.id} makes ${listed(model.aspectRatios)}, or auto`),
    );

  const resolution = (
    given.resolution ??
    settings.defaults.resolution ??
    model.resolutions[0] ??
    ''
  ).toLowerCase();
  if (!model.resolutions.includes(resolution))
    problems.push(problem('resolution', resolution, `${model.id} makes ${listed(model.resolutions)}`));

  const duration = readDuration(given, model, resolution);
  if (typeof duration !== 'number') problems.push(duration);

  const flags: { enhancePrompt?: boolean; enableUpsample?: boolean } = {};
  for (const field of ['enhancePrompt', 'enableUpsample'] as const) {
    const text = given[field];
    if (text === undefined) continue;
    const flag = readBoolean(text);
    if (!model.takes.includes(field)) problems.push(notTaken(field, text, model));
    else if (flag === undefined) problems.push(problem(field, text, 'say true or false'));
    else flags[field] = flag;
  }
  if (given.lastFrame && !model.takes.includes('lastFrame'))
    problems.push(notTaken('lastFrame', given.lastFrame, model));
  const durationSeconds = typeof duration === 'number' ? duration : 0;
  return { parameters: { prompt, aspectRatio, resolution, durationSeconds, ...flags }, problems };
};

const notTaken = (field: Field, value: string, model: Model): ParameterProblem =>
  problem(field, value, `${model.id} has no such parameter at this provider; leave it out`);

/** Seconds: what was asked, if the model makes it and nothing else that was asked leaves only one length. */
const readDuration = (
  given: Partial<Record<Field, string>>,
  model: Model,
  resolution: string,
): number | ParameterProblem => {
  const { durationsSeconds, fixedDurationWith, id } = model;
  const text = given.durationSeconds;
  if (text === undefined)
    return durationsSeconds.includes(DURATION_WHEN_FIXED)
      ? DURATION_WHEN_FIXED
      : Math.max(...durationsSeconds);
  const seconds = Number(text.replace(/\s*s(ec(onds?)?)?$/i, '') || Number.NaN);
  // Every job has a start frame.
  const asked = ['startFrame', resolution, ...(given.lastFrame ? ['lastFrame'] : [])];
  const reason = asked.find((what) => fixedDurationWith.includes(what));
  if (reason !== undefined && seconds !== DURATION_WHEN_FIXED)
    return problem(
      'durationSeconds',
      text,
      `with ${inWords(reason)} ${id} makes ${DURATION_WHEN_FIXED} s only`,
    );
  if (!durationsSeconds.includes(seconds))
    return problem('durationSeconds', text, `${id} makes ${listed(durationsSeconds)} s`);
  return seconds;
};

const inWords = (reason: string): string =>
  ({ startFrame: 'a start frame', lastFrame: 'a last frame' })[reason] ?? reason;

/**
 * Checks what was asked against the stage and the model, before anything is spent. What is not said comes from the stage's
 * defaults. `lastFrame` is an `s3://bucket/key` still to be resolved.
 */
export const checkParameters = (
  given: Partial<Record<Field, string>>,
  settings: RuntimeSettings,
): CheckedParameters => {
  const chosen = choose(given, settings);
  if ('message' in chosen) return { problems: [chosen] };
  const dialect = settings.providers[chosen.provider]?.dialect ?? '';
  const model = findModel(dialect, chosen.model);
  if (!model)
    return { problems: [problem('model', chosen.model, `the registry does not know it for ${dialect}`)] };
  const { parameters, problems } = checkAgainst(model, given, settings);
  if (problems.length > 0) return { problems };
  return {
    parameters: { ...chosen, ...parameters },
    ...(given.lastFrame ? { lastFrame: given.lastFrame } : {}),
  };
};

/** The aspect ratio to ask for: the one that was named, or for `auto` the offered one nearest to the frame's own. */
export const aspectRatioFor = (
  asked: string,
  frame: { readonly width: number; readonly height: number },
  offered: readonly string[],
): string => {
  if (asked !== 'auto') return asked;
  const distance = (ratio: string): number => {
    const [width = 1, height = 1] = ratio.split(':').map(Number);
    return Math.abs(Math.log((frame.width / frame.height) * (height / width)));
  };
  return offered.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
};
