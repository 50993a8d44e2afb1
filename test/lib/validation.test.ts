import { rmSync } from 'node:fs';
import { type Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stackOf, stage } from './synth.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const synthesize = (name: string, change: (stack: Stack) => void = () => {}): void => {
  const { app, stack } = stackOf(stage(name));
  change(stack);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  folders.push(app.synth().directory);
};

beforeAll(() => {
  delete process.env.CDK_VALIDATION;
});

test.each(['dev', 'prod', 'local'])(
  '%s passes the AwsSolutions rules and the checks of CloudFormation, except where we say why',
  (name) => {
    expect(() => synthesize(name)).not.toThrow();
  },
);

test('a rule that is broken stops the synthesis', () => {
  expect(() => synthesize('dev', (stack) => new Bucket(stack, 'Careless'))).toThrow('AwsSolutions-S10');
});

test('a circular dependency stops the synthesis, not first the deployment', () => {
  const circular = (stack: Stack): void => {
    const one = new CfnQueue(stack, 'One');
    const two = new CfnQueue(stack, 'Two', {
      redrivePolicy: { deadLetterTargetArn: one.attrArn, maxReceiveCount: 1 },
    });
    one.redrivePolicy = { deadLetterTargetArn: two.attrArn, maxReceiveCount: 1 };
  };
  expect(() => synthesize('dev', circular)).toThrow(/F3004|ircular/);
});
