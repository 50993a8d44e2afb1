import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import * as z from 'zod';
import { parseStage, readStage, type StageConfig } from '../../lib/stage-config.ts';
import { VideoPipelineStack } from '../../lib/video-pipeline-stack.ts';

const repository = join(__dirname, '../..');

export const stagesFolder = join(repository, 'stages');

/** The flags that the CLI passes on a real synthesis. */
const { context } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));

/** The real stack of a stage, with a line of code in place of each bundle. */
export const stackOf = (config: StageConfig): { app: App; stack: VideoPipelineStack } => {
  const app = new App({ context });
  const codeOf = (name: string) => Code.fromInline(`// ${name}`);
  return { app, stack: new VideoPipelineStack(app, `startframe-${config.stage}`, { config, codeOf }) };
};

export const stage = (name: string): StageConfig => readStage(name, stagesFolder);

/** A stage with some settings changed. */
export const changedStage = (
  name: string,
  change: (settings: z.input<typeof AnySettings>) => void,
): StageConfig => {
  const settings = AnySettings.parse(JSON.parse(readFileSync(join(stagesFolder, `${name}.json`), 'utf8')));
  change(settings);
  return parseStage(settings, `${name}.json`);
};
const AnySettings = z.record(z.string(), z.json());

/** What would be deployed. CloudFormation's validator has a test of its own (`validation.test.ts`) and takes a second. */
export const templateOf = (config: StageConfig): Template => {
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'false';
  try {
    return Template.fromStack(stackOf(config).stack);
  } finally {
    if (before === undefined) delete process.env.CDK_VALIDATION;
    else process.env.CDK_VALIDATION = before;
  }
};

/** Resources of a type by logical id, their properties typed as a test needs them. */
export const resourcesOf = <Schema extends z.ZodType>(
  template: Template,
  type: string,
  properties: Schema,
): Map<string, z.output<Schema>> =>
  new Map(
    Object.entries(template.findResources(type)).map(([id, resource]) => [
      id,
      properties.parse(resource.Properties),
    ]),
  );

export interface Permission {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const oneOrMany = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([z.array(schema), schema.transform((value) => [value])]);

const Policy = z.object({
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({ Effect: z.string(), Action: oneOrMany(z.string()), Resource: oneOrMany(z.json()) }),
    ),
  }),
  Roles: z.array(z.object({ Ref: z.string() })),
});

/** What the role of a function may do. Resources are shown as the JSON of the template. */
export const permissionsOf = (template: Template, role: string): Permission[] =>
  [...resourcesOf(template, 'AWS::IAM::Policy', Policy).values()]
    .filter(({ Roles }) => Roles.some(({ Ref }) => Ref.startsWith(role)))
    .flatMap(({ PolicyDocument }) =>
      PolicyDocument.Statement.map((statement) => ({
        effect: statement.Effect,
        actions: statement.Action,
        resources: statement.Resource.map((resource) => JSON.stringify(resource)),
      })),
    );

/** Every action that the role of a function may do, sorted. */
export const actionsOf = (template: Template, role: string): string[] =>
  permissionsOf(template, role)
    .flatMap(({ actions }) => actions)
    .filter((action) => !action.startsWith('xray:') && !action.startsWith('logs:'))
    .sort();
