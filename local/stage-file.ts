import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
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

/** The local stage with an API that asks nobody: whoever calls is the owner of everything, and an admin. */
export const openApi = { api: { auth: { type: 'none' } }, admins: [ANYBODY] };

export const readLocalStage = async (): Promise<Stage> =>
  Stage.parse(JSON.parse(await readFile(join(repository, 'stages', 'local.json'), 'utf8')));

/** The local stage with the simulated gateway at this address. `settings` go over each provider's own, `more` are further
 * providers of it; both for tests. */
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
      { ...provider, submitBaseUrl: url, pollBaseUrl: url, ...settings },
    ]),
  ),
});

/**
 * The local stage with a real gateway as its only provider, under the name of its dialect. Deadlines and retention are those
 * of a real one: the short times of the simulated gateway would give up on a video that is paid for.
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

// Real money: where nothing is said, the fast one of the newest.
const cheapest = (ids: readonly string[]): string => ids.find((id) => /3\.1.*fast/.test(id)) ?? ids[0] ?? '';

/** The simulated gateway speaks every dialect; each is a provider of the local stage. */
export const simulatedProvider = (dialect: string): string =>
  dialect === 'gptproto' ? 'simulated' : `simulated-${dialect}`;

export const isLoopback = (url: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

/** Writes the settings into the cloud's folder and answers the file, for `-c stage=`. */
export const writeStageFile = async (folder: string, stage: Stage): Promise<string> => {
  const file = join(folder, 'stage.json');
  await writeJsonFile(file, stage);
  return file;
};
