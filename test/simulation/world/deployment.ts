import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import type { StageConfig } from '../../../lib/stage-config.ts';
import { VideoPipelineStack } from '../../../lib/video-pipeline-stack.ts';
import type { TableIndex } from './dynamodb/writes.ts';
import { StateMachine } from './state-machine.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

export type Handler = (event: unknown, context: Context) => Promise<unknown>;

export interface DeployedFunction {
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly handler: Handler;
}

/** A function fed by a queue or by the table's stream. */
export interface Feed {
  readonly functionName: string;
  readonly batchSize: number;
  readonly attempts: number;
  readonly filters: readonly Pattern[];
  /** The function answers which records of a batch failed. Without that, a batch succeeds, fails and is lost as a whole. */
  readonly isAnswered: boolean;
}

/** An EventBridge pattern: lists of allowed values, by field. */
export type Pattern = { readonly [field: string]: Pattern | readonly unknown[] };

/** The parts of the template that a job run depends on. */
export interface Deployment {
  readonly functions: ReadonlyMap<string, DeployedFunction>;
  /** The function of a task's ARN, which is a logical id here. */
  readonly functionOfArn: (arn: string) => string;
  readonly machine: StateMachine;
  readonly uploads: Feed & { readonly visibilitySeconds: number };
  readonly streams: readonly Feed[];
  /** Functions that run on a schedule. */
  readonly schedules: readonly { readonly functionName: string; readonly everySeconds: number }[];
  /** Functions that are notified of executions that end with one of the statuses. */
  readonly listeners: readonly { readonly functionName: string; readonly statuses: readonly string[] }[];
  readonly indexes: readonly TableIndex[];
}

const Resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const LambdaResource = z.object({ Code: z.object({ ZipFile: z.string() }), Timeout: z.number() });
const Reference = z.union([
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).transform((value) => value['Fn::GetAtt'][0]),
  z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
]);
const Mapping = z.object({
  BatchSize: z.number().default(10),
  EventSourceArn: Reference,
  FunctionName: Reference,
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')]).optional(),
  MaximumRetryAttempts: z.number().optional(),
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }).optional(),
});
const Queue = z.object({
  VisibilityTimeout: z.number().optional(),
  RedrivePolicy: z.object({ maxReceiveCount: z.number() }).optional(),
});
const Targets = z.array(z.object({ Arn: z.unknown() }));
const Schedule = z.object({
  ScheduleExpression: z.templateLiteral(['rate(', z.number(), ' minute', z.enum(['', 's']), ')']),
  Targets,
});
const StatusRule = z.object({
  EventPattern: z.object({
    source: z.tuple([z.literal('aws.states')]),
    'detail-type': z.tuple([z.literal('Step Functions Execution Status Change')]),
    detail: z.object({ status: z.array(z.string()) }),
  }),
  Targets,
});
const KeySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const Table = z.object({
  KeySchema,
  GlobalSecondaryIndexes: z
    .array(
      z.object({
        IndexName: z.string(),
        KeySchema,
        Projection: z.object({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: z.array(z.string()).default([]),
        }),
      }),
    )
    .default([]),
});

/** Synthesises the stack of a stage without bundling and loads its functions. */
export const deploy = async (config: StageConfig): Promise<Deployment> => {
  const resources = resourcesOf(config);
  const ofType = (type: string) => [...resources].filter(([, { Type }]) => Type === type);
  const names = new Map(
    ofType('AWS::Lambda::Function').map(([id, { Properties }]) => [
      id,
      LambdaResource.parse(Properties).Code.ZipFile.replace('// ', ''),
    ]),
  );
  const nameOf = (logicalId: string): string => {
    const name = names.get(logicalId);
    if (name === undefined)
      throw new Error(`The template names a function ${logicalId} that it does not have.`);
    return name;
  };
  const functions = new Map<string, DeployedFunction>();
  for (const [id, { Properties }] of ofType('AWS::Lambda::Function'))
    functions.set(nameOf(id), await load(nameOf(id), LambdaResource.parse(Properties).Timeout));

  const feeds = ofType('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => {
    const mapping = Mapping.parse(Properties);
    const source = resources.get(mapping.EventSourceArn);
    return { mapping, source, functionName: nameOf(mapping.FunctionName) };
  });
  const queue = feeds.find(({ functionName }) => functionName === 'accept-upload');
  if (!queue?.source) throw new Error('Nothing feeds accept-upload.');
  const { VisibilityTimeout = 30, RedrivePolicy } = Queue.parse(queue.source.Properties);
  return {
    functions,
    functionOfArn: nameOf,
    machine: machineOf(ofType('AWS::StepFunctions::StateMachine').map(([, { Properties }]) => Properties)),
    uploads: {
      functionName: queue.functionName,
      batchSize: queue.mapping.BatchSize,
      attempts: RedrivePolicy?.maxReceiveCount ?? 1,
      visibilitySeconds: VisibilityTimeout,
      filters: [],
      isAnswered: queue.mapping.FunctionResponseTypes !== undefined,
    },
    streams: feeds
      .filter(({ source }) => source?.Type === 'AWS::DynamoDB::GlobalTable')
      .map(({ mapping, functionName }) => ({
        functionName,
        batchSize: mapping.BatchSize,
        attempts: 1 + (mapping.MaximumRetryAttempts ?? 10_000),
        filters: (mapping.FilterCriteria?.Filters ?? []).map(({ Pattern: text }) => PatternText.parse(text)),
        isAnswered: mapping.FunctionResponseTypes !== undefined,
      })),
    schedules: ofType('AWS::Events::Rule').flatMap(([, { Properties }]) => {
      const rule = Schedule.safeParse(Properties).data;
      const everySeconds = 60 * Number(/\d+/.exec(rule?.ScheduleExpression ?? '')?.[0]);
      return targetsOf(rule, names).map((functionName) => ({ functionName, everySeconds }));
    }),
    listeners: ofType('AWS::Events::Rule').flatMap(([, { Properties }]) => {
      const rule = StatusRule.safeParse(Properties).data;
      const statuses = rule?.EventPattern.detail.status ?? [];
      return targetsOf(rule, names).map((functionName) => ({ functionName, statuses }));
    }),
    indexes: ofType('AWS::DynamoDB::GlobalTable').flatMap(([, { Properties }]) => indexesOf(Properties)),
  };
};

const targetsOf = (
  rule: { readonly Targets: z.infer<typeof Targets> } | undefined,
  names: ReadonlyMap<string, string>,
): string[] =>
  (rule?.Targets ?? []).flatMap(({ Arn }) => {
    const name = names.get(Reference.safeParse(Arn).data ?? '');
    return name === undefined ? [] : [name];
  });

const AnyPattern: z.ZodType<Pattern> = z.record(
  z.string(),
  z.union([z.array(z.unknown()), z.lazy(() => AnyPattern)]),
);
const PatternText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(AnyPattern);

const resourcesOf = (config: StageConfig): Map<string, z.infer<typeof Resource>> => {
  const { context } = z
    .object({ context: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'false';
  try {
    const stack = new VideoPipelineStack(new App({ context }), `startframe-${config.stage}`, {
      config,
      codeOf: (name) => Code.fromInline(`// ${name}`),
    });
    const { Resources } = z
      .object({ Resources: z.record(z.string(), Resource) })
      .parse(Template.fromStack(stack).toJSON());
    return new Map(Object.entries(Resources));
  } finally {
    if (before === undefined) delete process.env.CDK_VALIDATION;
    else process.env.CDK_VALIDATION = before;
  }
};

const load = async (name: string, timeoutSeconds: number): Promise<DeployedFunction> => {
  const file = join(repository, 'lambdas', `${name}.ts`);
  if (!existsSync(file)) throw new Error(`The template names lambdas/${name}.ts, which is not there.`);
  const loaded: unknown = await import(file);
  if (!isModule(loaded)) throw new Error(`lambdas/${name}.ts exports no handler.`);
  return { name, timeoutSeconds, handler: loaded.handler };
};

const isModule = (value: unknown): value is { readonly handler: Handler } =>
  typeof value === 'object' && value !== null && 'handler' in value && typeof value.handler === 'function';

const Definition = z.object({
  'Fn::Join': z.tuple([z.literal(''), z.array(z.union([z.string(), Reference]))]),
});

/** References in the definition resolve to logical ids. */
const machineOf = (machines: readonly Record<string, unknown>[]): StateMachine => {
  const [machine, ...others] = machines;
  if (!machine || others.length > 0) throw new Error('The template must have one state machine.');
  const definition = Definition.parse(machine.DefinitionString)['Fn::Join'][1].join('');
  return StateMachine.parse(JSON.parse(definition));
};

const indexesOf = (properties: Record<string, unknown>): TableIndex[] => {
  const { KeySchema: keys, GlobalSecondaryIndexes } = Table.parse(properties);
  const nameOf = (schema: z.infer<typeof KeySchema>, type: 'HASH' | 'RANGE') =>
    schema.find(({ KeyType }) => KeyType === type)?.AttributeName;
  if (nameOf(keys, 'HASH') !== 'pk' || nameOf(keys, 'RANGE') !== 'sk')
    throw new Error('The table has other keys now.');
  return GlobalSecondaryIndexes.map(({ IndexName, KeySchema: schema, Projection }) => {
    const partitionKey = nameOf(schema, 'HASH') ?? '';
    const sortKey = nameOf(schema, 'RANGE');
    const own = ['pk', 'sk', partitionKey, ...(sortKey === undefined ? [] : [sortKey])];
    const isWhole = Projection.ProjectionType === 'ALL';
    return {
      name: IndexName,
      partitionKey,
      sortKey,
      attributes: isWhole ? undefined : [...own, ...Projection.NonKeyAttributes],
    };
  });
};
