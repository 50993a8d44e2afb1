import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isLoopback } from '../cli/local-stack.ts';
import { ANYBODY } from '../core/kernel/identity.ts';
import { models } from '../core/providers/model-registry.ts';
import { repository } from './cloud-folder.ts';
import type { RealGateway } from './gateway-choice.ts';
import { writeJsonFile } from './json-file.ts';

/** The parts of a stage's settings that change here; `lib/stage-config.ts` checks the whole when it is synthesised. */
const Stage = z.looseObject({
  stage: z.string(),
  defaults: z.looseObject({ model: z.string(), resolution: z.string().optional() }),
  providers: z.record(z.string(), z.looseObject({ models: z.array(z.string()) })),
});
export type Stage = z.infer<typeof Stage>;

/** Settings of an API that asks for no signature: every caller owns everything, and is an admin. */
export const openApi = { api: { auth: { type: 'none' } }, admins: [ANYBODY] };

export const readLocalStage = async (): Promise<Stage> =>
  Stage.parse(JSON.parse(await readFile(join(repository, 'stages', 'local.json'), 'utf8')));

/**
 * The local stage with the simulated gateway at this address. For tests: `settings` override those of each provider of the stage,
 * `more` adds providers with settings of their own.
 */
export const withSimulatedGateway = (
  stage: Stage,
  url: string,
  settings: Readonly<Record<string, unknown>> = {},
  more: Stage['providers'] = {},
): Stage => ({
  ...stage,
  providers: Object.fromEntries(
    Object.entries({ ...stage.providers, ...more }).map(([id, provider]) => [
      id,
      { ...provider, submitBaseUrl: url, pollBaseUrl: url, ...(id in more ? {} : settings) },
    ]),
  ),
});

/**
 * The local stage with a real gateway as its only provider, under the name of its dialect. Deadlines and retention are the
 * defaults: with the short times of the simulated gateway we would give up on a paid video.
 */
export const withRealGateway = (
  stage: Stage,
  { url, dialect, keyStyle }: Omit<RealGateway, 'key'>,
): Stage => {
  const offered = models.filter((model) => model.dialect === dialect).map(({ id }) => id);
  const model = offered.includes(stage.defaults.model) ? stage.defaults.model : cheapest(offered);
  return {
    ...stage,
    defaults: { ...stage.defaults, provider: dialect, model },
    providers: {
      [dialect]: {
        dialect,
        submitBaseUrl: url,
        pollBaseUrl: url,
        ...(keyStyle ? { options: { keyStyle } } : {}),
        allowPrivateAddresses: new URL(url).protocol === 'http:' || isLoopback(url),
        models: offered,
      },
    },
  };
};

// Real money: the default is the fast model of the newest family.
const cheapest = (ids: readonly string[]): string => ids.find((id) => /3\.1.*fast/.test(id)) ?? ids[0] ?? '';

/** The simulated gateway speaks every dialect; each is a provider of the local stage. */
export const simulatedProvider = (dialect: string): string =>
  dialect === 'gptproto' ? 'simulated' : `simulated-${dialect}`;

/** Writes the settings into the cloud's folder. Answers the file, for `-c stage=`. */
export const writeStageFile = async (folder: string, stage: Stage): Promise<string> => {
  const file = join(folder, 'stage.json');
  await writeJsonFile(file, stage);
  return file;
};
