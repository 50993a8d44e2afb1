import * as z from 'zod';
import { NextStep, WAIT_FOR_SEND_SLOT } from '../../../core/kernel/contract.ts';
import {
  asReleasedTemplate,
  type ReleasedTemplate,
  readReleasedTemplate,
  releases,
} from '../../support/releases.ts';
import { stage, templateOf } from '../../support/synth.ts';

// A deploy over an earlier release: what it must not replace, and what executions in flight keep.

const today = asReleasedTemplate(templateOf(stage('dev')).toJSON());

/**
 * What holds state, or what something in flight names: an execution its functions, a caller the API. The properties by which
 * CloudFormation would replace it ("Update requires: Replacement").
 */
const createOnly: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::GlobalTable': ['TableName', 'KeySchema', 'LocalSecondaryIndexes'],
  'AWS::S3::Bucket': ['BucketName'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::Events::EventBus': ['Name'],
  'AWS::Lambda::Function': ['FunctionName', 'PackageType'],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 'StateMachineType'],
  'AWS::ApiGatewayV2::Api': ['ProtocolType'],
};

/** Each such resource, with what must not change. */
const lasting = ({ Resources }: ReleasedTemplate) =>
  Object.fromEntries(
    Object.entries(Resources)
      .filter(([, { Type }]) => Type in createOnly)
      .map(([id, { Type, Properties }]) => [
        id,
        { Type, ...Object.fromEntries((createOnly[Type] ?? []).map((name) => [name, Properties[name]])) },
      ]),
  );

const Table = z.object({
  GlobalSecondaryIndexes: z.array(z.looseObject({ IndexName: z.string() })),
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
});
const tableOf = ({ Resources }: ReleasedTemplate) => {
  const [table] = Object.values(Resources).filter(({ Type }) => Type === 'AWS::DynamoDB::GlobalTable');
  const { GlobalSecondaryIndexes, AttributeDefinitions } = Table.parse(table?.Properties);
  return {
    indexes: new Map(GlobalSecondaryIndexes.map((index) => [index.IndexName, index])),
    types: new Map(
      AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
    ),
  };
};

const Machine = z.object({
  DefinitionString: z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.json())]) }),
});
const Definition = z.object({
  States: z.record(
    z.string(),
    z.looseObject({ Choices: z.array(z.looseObject({ StringEquals: z.string() })).default([]) }),
  ),
});
/** The words that each Choice of the workflow knows, in their order. */
const wordsOf = ({ Resources }: ReleasedTemplate): Record<string, string[]> => {
  const [machine] = Object.values(Resources).filter(
    ({ Type }) => Type === 'AWS::StepFunctions::StateMachine',
  );
  const parts = Machine.parse(machine?.Properties).DefinitionString['Fn::Join'][1];
  const text = parts.map((part) => (typeof part === 'string' ? part : 'arn')).join('');
  return Object.fromEntries(
    Object.entries(Definition.parse(JSON.parse(text)).States)
      .map(([name, { Choices }]) => [name, Choices.map(({ StringEquals }) => StringEquals)] as const)
      .filter(([, words]) => words.length > 0),
  );
};

test('the words that a step answers', () => {
  expect(NextStep.options).toEqual(['submit', 'turn', 'queue', 'wait', 'store', 'end']);
  expect(WAIT_FOR_SEND_SLOT).toBe('turn');
});

describe.each(releases)('a deploy over %s', (release) => {
  const earlier = readReleasedTemplate(release, 'dev');

  test('replaces and deletes nothing that holds state or is named by something in flight', () => {
    expect(Object.keys(lasting(earlier)).length).toBeGreaterThan(30);
    expect(lasting(today)).toMatchObject(lasting(earlier));
  });

  test('changes no index in place, and adds or deletes one at most', () => {
    const [before, now] = [tableOf(earlier), tableOf(today)];
    const changed = [...before.indexes.keys()].filter((name) => !now.indexes.has(name)).length;
    const added = [...now.indexes.keys()].filter((name) => !before.indexes.has(name)).length;
    // DynamoDB creates or deletes one index in one update, and CloudFormation replaces an index whose keys or projection change.
    expect(changed + added).toBeLessThanOrEqual(1);
    for (const [name, index] of now.indexes) expect(index).toEqual(before.indexes.get(name) ?? index);
    for (const [name, type] of now.types) expect(type).toBe(before.types.get(name) ?? type);
  });

  test('leaves executions in flight that know every word of the present steps', () => {
    // An execution keeps the definition it was started with, and sends an unknown word to FinishJob.
    expect(wordsOf(today)).toEqual(wordsOf(earlier));
  });
});
