import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { findModel, models as registry } from '../core/providers/model-registry.ts';
import { type ProviderSettings, RuntimeSettings } from '../core/settings.ts';
import { checkApi } from './check-api.ts';
import { checkWebhooks } from './check-webhooks.ts';

/** Days that CloudWatch Logs can keep a log (its API refuses any other number). */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** The part of a stage's settings that only the deployment reads. */
const DeploySettings = z.strictObject({
  /** What becomes of buckets, table and secrets with the stack. A bucket that holds objects is never deleted: empty it first. */
  removal: z.enum(['retain', 'destroy']).default('retain'),
  logRetentionDays: z.literal(LOG_RETENTION_DAYS).default(30),
  /** `host` is the machine that runs the synthesis, for functions that run on it. */
  architecture: z.enum(['arm64', 'x86_64', 'host']).default('arm64'),
  /** The table refuses to be deleted, and the stack refuses to be destroyed. */
  deletionProtection: z.boolean().default(false),
  /** An SNS topic that alarms tell; without it they show in CloudWatch only. */
  alarmTopicArn: z
    .string()
    .regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:\S+$/, 'the ARN of an SNS topic')
    .optional(),
  /** Deploys to the local cloud: see `local-cloud.ts` for all that differs. */
  localCloud: z.boolean().default(false),
});

/** All settings of a stage, as they stand in `stages/<name>.json`. */
export const StageConfig = RuntimeSettings.safeExtend({
  deploy: DeploySettings.prefault({}),
}).superRefine((stage, context) => {
  const { defaults, failover, providers } = stage;
  checkApi(stage, stage.deploy.localCloud, context);
  checkWebhooks(stage.webhooks, stage.deploy.localCloud, context);
  const offered = defaults.provider === undefined ? Object.values(providers) : [providers[defaults.provider]];
  const models = offered.flatMap((provider) => provider?.models ?? []);
  if (defaults.provider !== undefined && providers[defaults.provider] === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['defaults', 'provider'],
      input: defaults.provider,
      message: `one of the stage's providers: ${Object.keys(providers).join(', ')}`,
    });
  } else if (models.length > 0 && !models.includes(defaults.model)) {
    context.addIssue({
      code: 'custom',
      path: ['defaults', 'model'],
      input: defaults.model,
      message: `a model that the provider offers: ${models.join(', ')}`,
    });
  }
  for (const [id, provider] of Object.entries(providers)) checkModels(id, provider, context);
  for (const [index, { provider, model }] of (failover?.alternatives ?? []).entries()) {
    const isOffered = providers[provider]?.models.includes(model) ?? false;
    if (isOffered) continue;
    context.addIssue({
      code: 'custom',
      path: ['failover', 'alternatives', index],
      input: { provider, model },
      message: 'a provider of the stage and a model that it offers',
    });
  }
});
export type StageConfig = z.infer<typeof StageConfig>;

const checkModels = (id: string, { dialect, models }: ProviderSettings, context: z.RefinementCtx): void => {
  for (const [index, model] of models.entries()) {
    if (findModel(dialect, model) !== undefined) continue;
    const known = registry.filter((entry) => entry.dialect === dialect).map((entry) => entry.id);
    context.addIssue({
      code: 'custom',
      path: ['providers', id, 'models', index],
      input: model,
      message: `a model of ${dialect}: ${known.join(', ')}`,
    });
  }
};

/** The settings that travel with the functions: a stage without what only its deployment reads. */
export const runtimeSettingsOf = ({ deploy: _, ...settings }: StageConfig): RuntimeSettings => settings;

/** What is wrong with a stage's settings, one sentence each. */
export class StageProblems extends Error {
  override readonly name = 'StageProblems';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

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
  // A copied file that still carries the old name would be deployed over the old stage.
  if (!isPath && config.stage !== stage) {
    throw new StageProblems([
      `${shownFile}: "stage" is "${config.stage}"; it must be "${stage}", the name of its file.`,
    ]);
  }
  return config;
};

/** Checks settings that were read already. `file` is named in what it throws. */
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

const sentencesOf = (issue: z.core.$ZodIssue, file: string): string[] => {
  if (issue.code === 'unrecognized_keys') {
    // Only the name is shown: the value of an unknown setting may be a key that somebody put in the wrong place.
    return issue.keys.map((key) => `${file}: "${[...issue.path, key].join('.')}" is not a setting.`);
  }
  const field = issue.path.join('.');
  const found = issue.input === undefined ? 'is missing' : `is ${JSON.stringify(issue.input)}`;
  // An object of which nothing is known: its values are not shown either.
  if (issue.code === 'invalid_union') return [`${file}: "${field}" must be ${issue.message}.`];
  return [`${file}: "${field}" ${found}; it must be ${allowedBy(issue)}.`];
};

const allowedBy = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return EXPECTED_TYPES[issue.expected] ?? `of the type ${issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return amount(issue.origin, `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`);
    case 'too_big':
      return amount(issue.origin, `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`);
    case 'invalid_format':
      return issue.format === 'url' ? 'an http or https URL' : describedFormat(issue);
    case 'invalid_key':
      return `named in ${ID_CHARACTERS}`;
    default:
      return issue.message;
  }
};

const EXPECTED_TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const amount = (origin: string, bounds: string): string => {
  if (origin === 'string') return `${bounds} characters long`;
  if (origin === 'array') return `a list of ${bounds}`;
  return bounds;
};

const ID_CHARACTERS = 'lower-case letters, digits and hyphens, a letter first';

const describedFormat = (issue: z.core.$ZodIssueInvalidStringFormat): string => {
  if (issue.pattern === '/^[a-z][a-z0-9-]*$/') return ID_CHARACTERS;
  // A schema that brings its own sentence says more than its pattern does.
  return issue.message.startsWith('Invalid') && issue.pattern ? `like ${issue.pattern}` : issue.message;
};
