import { rmSync } from 'node:fs';
import { Lazy, type Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stackOf, stage } from '../../support/synth.ts';

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
    const one = new CfnParameter(stack, 'One', {
      type: 'String',
      value: Lazy.string({ produce: () => two.ref }),
    });
    const two = new CfnParameter(stack, 'Two', { type: 'String', value: one.ref });
  };
  expect(() => synthesize('dev', circular)).toThrow(/ERROR .*Circular/);
});
