import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type * as z from 'zod';
import { RuntimeSettings } from '../core/settings.ts';
import { checkApi } from './check-api.ts';
import { checkModels } from './check-models.ts';
import { checkProviderIds } from './check-providers.ts';
import { checkWebhooks } from './check-webhooks.ts';
import { DeploySettings } from './deploy-settings.ts';
import { StageProblems, sentencesOf } from './stage-problems.ts';

/** All settings of a stage, as they stand in `stages/<name>.json`. */
export const StageConfig = RuntimeSettings.safeExtend({
  deploy: DeploySettings.prefault({}),
}).superRefine((stage, context) => {
  const { localCloud } = stage.deploy;
  checkApi(stage, localCloud, context);
  checkWebhooks(stage.webhooks, localCloud, context);
  checkProviderIds(stage, context);
  checkModels(stage, context);
});
export type StageConfig = z.infer<typeof StageConfig>;

/** The settings that travel with the functions: a stage without what only its deployment reads. */
export const runtimeSettingsOf = ({ deploy: _, ...settings }: StageConfig): RuntimeSettings => settings;

/**
 * Reads the settings of a stage.
 * @param stage a name (`dev` is `<stagesFolder>/dev.json`), or the path of a file that ends in `.json`
 * @throws StageProblems
 */
export const readStage = (stage: string, stagesFolder: string): StageConfig => {
  const isPath = stage.endsWith('.json');
  const file = isPath ? stage : join(stagesFolder, `${stage}.json`);
  const shownFile = isPath ? stage : `${basename(stagesFolder)}/${stage}.json`;
  if (!existsSync(file)) {
    throw new StageProblems([`${shownFile} does not exist; ${waysToNameAStage(stagesFolder)}.`]);
  }
  const config = parseStage(readJson(file, shownFile), shownFile);
  // A copied file that still has the old name would be deployed over the old stage.
  if (!isPath && config.stage !== stage) {
    throw new StageProblems([
      `${shownFile}: "stage" is "${config.stage}"; it must be "${stage}", the name of its file.`,
    ]);
  }
  return config;
};

/** Checks settings that were read already. Errors name `file`. */
export const parseStage = (settings: unknown, file: string): StageConfig => {
  const parsed = StageConfig.safeParse(settings, { reportInput: true });
  if (!parsed.success) {
    throw new StageProblems(parsed.error.issues.flatMap((issue) => sentencesOf(issue, file)));
  }
  return parsed.data;
};

const readJson = (file: string, shownFile: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StageProblems([`${shownFile} cannot be read as JSON: ${reason}.`], { cause });
  }
};

const waysToNameAStage = (stagesFolder: string): string => {
  const names = existsSync(stagesFolder)
    ? readdirSync(stagesFolder).filter((name) => name.endsWith('.json'))
    : [];
  const stages = names.map((name) => basename(name, '.json')).join(', ');
  return `-c stage= takes one of ${stages}, or the path of a file that ends in .json`;
};
