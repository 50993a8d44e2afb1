import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Annotations, App, type Stack, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { build } from 'esbuild';
import { SETTINGS_FILE } from '../core/kernel/contract.ts';
import { retirementWarnings } from '../core/providers/model-retirement.ts';
import type { RuntimeSettings } from '../core/settings.ts';
import { deploymentProblems, deploymentWarnings } from '../lib/check-deployment.ts';
import { readStage, runtimeSettingsOf, type StageConfig } from '../lib/stage-config.ts';
import { StageProblems } from '../lib/stage-problems.ts';
import { bundling } from './bundling.ts';

const repository = join(import.meta.dirname, '..');

/** Bundles every file of lambdas/ in one call, into a folder each, with the stage's settings beside it. */
const bundleFunctions = async (
  folder: string,
  settings: RuntimeSettings,
): Promise<(name: string) => Code> => {
  const lambdas = join(repository, 'lambdas');
  const names = readdirSync(lambdas)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'));
  await build({
    absWorkingDir: repository,
    entryPoints: names.map((name) => ({ in: join(lambdas, `${name}.ts`), out: join(name, 'index') })),
    outdir: folder,
    ...bundling,
  });
  for (const name of names)
    writeFileSync(join(folder, name, SETTINGS_FILE), JSON.stringify(settings, null, 2));
  return (name) => Code.fromAsset(join(folder, name));
};

const makeApp = async (): Promise<void> => {
  const app = new App();
  const stage = String(app.node.tryGetContext('stage') ?? 'dev');
  const config = readStage(stage, join(repository, 'stages'));
  // The CDK CLI says where it deploys to.
  const problems = deploymentProblems(config, process.env.CDK_DEFAULT_REGION);
  if (problems.length > 0) throw new StageProblems(problems);
  // esbuild runs in a process of its own: modules load meanwhile.
  const bundles = bundleFunctions(join(app.outdir, 'bundles'), runtimeSettingsOf(config));
  const { VideoPipelineStack } = await import('../lib/video-pipeline-stack.ts');
  // They take half a second and are about AWS, so the local cloud goes without.
  if (!config.deploy.localCloud) Validations.of(app).addPlugins(await awsRules(app));
  const stack = new VideoPipelineStack(app, stackName(config), { config, codeOf: await bundles });
  if (!config.deploy.localCloud) warnOfRetiredModels(stack, config);
  for (const [id, warning] of Object.entries(deploymentWarnings(config)))
    Annotations.of(stack).addWarningV2(`startframe:${id}`, warning);
  app.synth();
};

const warnOfRetiredModels = (stack: Stack, { providers }: StageConfig): void => {
  const today = new Date().toISOString().slice(0, 10);
  for (const [index, warning] of retirementWarnings(providers, today).entries())
    Annotations.of(stack).addWarningV2(`startframe:retired-model-${index + 1}`, warning);
};

const awsRules = async (app: App) => {
  const { AwsSolutionsChecks } = await import('cdk-nag');
  return new AwsSolutionsChecks(app);
};

const stackName = ({ stage }: StageConfig): string => `startframe-${stage}`;

try {
  await makeApp();
} catch (error) {
  if (!(error instanceof StageProblems)) throw error;
  for (const problem of error.problems) console.error(problem);
  process.exitCode = 1;
}
