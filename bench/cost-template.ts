import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import * as z from 'zod';
import type { StageConfig } from '../lib/stage-config.ts';
import { VideoPipelineStack } from '../lib/video-pipeline-stack.ts';

const Resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const Template = z.object({ Resources: z.record(z.string(), Resource) });
const Lambda = z.object({ Code: z.object({ ZipFile: z.string() }), MemorySize: z.number() });

/** What the cost page counts in a stage's template. */
export interface CostTemplate {
  countOf(type: string): number;
  /** Gigabytes of memory by function: `check-job`. */
  readonly gigabytes: ReadonlyMap<string, number>;
}

/** The flags that the CLI passes. */
const Flags = z.object({ context: z.record(z.string(), z.unknown()) });

const flags = () =>
  Flags.parse(JSON.parse(readFileSync(join(import.meta.dirname, '..', 'cdk.json'), 'utf8'))).context;

/** The template of a stage, without bundles. */
export const costTemplate = (config: StageConfig): CostTemplate => {
  const app = new App({ context: { ...flags(), 'aws:cdk:disable-stack-trace': true } });
  const codeOf = (name: string) => Code.fromInline(`// ${name}`);
  new VideoPipelineStack(app, 'cost', { config, codeOf });
  const { Resources } = Template.parse(app.synth().getStackByName('cost').template);
  const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
  const functions = ofType('AWS::Lambda::Function').map(({ Properties }) => Lambda.parse(Properties));
  return {
    countOf: (type) => ofType(type).length,
    gigabytes: new Map(
      functions.map(({ Code: { ZipFile }, MemorySize }) => [ZipFile.replace('// ', ''), MemorySize / 1024]),
    ),
  };
};
