import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import validateStates from 'asl-validator';
import * as z from 'zod';
import { ensurePythonEnvironment } from '../../local/python-environment.ts';
import { featuredStages } from '../../test/support/stages.ts';
import { templateOf } from '../../test/support/synth.ts';
import { resolve, Template } from './arns.ts';
import { problemsOf, Reference, statementsOf } from './policies.ts';

// Second opinions on what CloudFormation is given, without an account: every stage, and every optional feature on behind each
// kind of API authentication.

// In China and GovCloud not every property of a resource is there.
const REGIONS = ['us-east-1', 'eu-central-1', 'cn-north-1', 'us-gov-west-1'];

// W3005: CDK names a dependency on the policy of a role together with the role, which says the role twice.
const IGNORED = 'W3005';

const templates = new Map(
  [...featuredStages].map(([name, config]) => [name, Template.parse(templateOf(config).toJSON())]),
);
let python: string;
let reference: Reference;

beforeAll(async () => {
  ({ python } = await ensurePythonEnvironment({
    folder: join(__dirname, '../../.local/aws-checks'),
    requirements: join(__dirname, 'requirements.txt'),
    oldestMinor: 11,
    megabytes: 20,
    withoutFfmpeg: true,
  }));
  const folder = execFileSync(python, ['-c', 'import cfnlint; print(cfnlint.__path__[0])'], {
    encoding: 'utf8',
  });
  const file = join(folder.trim(), 'data/AdditionalSpecs/Policies.json');
  reference = Reference.parse(JSON.parse(readFileSync(file, 'utf8')));
}, 900_000);

test('cfn-lint finds nothing, in any region', () => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-templates-'));
  try {
    const files = [...templates].map(([name, template]) => {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(template, null, 1));
      return file;
    });
    const { stdout, stderr } = spawnSync(
      join(dirname(python), 'cfn-lint'),
      [
        ...files,
        '--regions',
        ...REGIONS,
        '--ignore-checks',
        IGNORED,
        '--include-checks',
        'I3510',
        '--format',
        'parseable',
      ],
      { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 },
    );
    expect({ stdout: stdout.split('\n').filter(Boolean), stderr }).toEqual({ stdout: [], stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 600_000);

test.each([...templates])(
  '%s: every action of every policy exists, and takes the resource that is named',
  (_, template) => {
    const statements = statementsOf(template);
    expect(statements.length).toBeGreaterThan(90);
    expect(statements.flatMap((statement) => problemsOf(statement, template, reference))).toEqual([]);
  },
);

const Machine = z.looseObject({ DefinitionString: z.unknown() });

test.each([...templates])('%s: the workflow is valid Amazon States Language', (_, template) => {
  const machines = Object.values(template.Resources).filter(
    ({ Type }) => Type === 'AWS::StepFunctions::StateMachine',
  );
  expect(machines).toHaveLength(1);
  for (const { Properties } of machines) {
    const { isValid, errorsText } = validateStates(
      JSON.parse(resolve(Machine.parse(Properties).DefinitionString, template)),
    );
    expect({ isValid, errors: errorsText() }).toEqual({ isValid: true, errors: '' });
  }
});

describe('what the check of policies sees', () => {
  const template: Template = { Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: {} } } };
  const check = (action: string, resource: unknown) =>
    problemsOf(
      { of: 'Policy', Effect: 'Allow', Action: [action], Resource: [resource] },
      template,
      reference,
    );
  const bucket = { 'Fn::GetAtt': ['Bucket', 'Arn'] };
  const objects = { 'Fn::Join': ['', [bucket, '/*']] };

  test('an action that AWS does not have', () => {
    expect(check('s3:HeadObject', objects)).toEqual(['Policy: s3:HeadObject is no action of AWS.']);
  });

  test('an action on what it does not act on', () => {
    expect(check('s3:GetObject', objects)).toEqual([]);
    expect(check('s3:ListBucket', bucket)).toEqual([]);
    for (const problems of [check('s3:GetObject', bucket), check('s3:ListBucket', objects)])
      expect(problems).toHaveLength(2);
    expect(check('states:SendTaskSuccess', '*')).toEqual([]);
    expect(
      check('states:SendTaskSuccess', 'arn:aws:states:us-east-1:123456789012:stateMachine:Jobs'),
    ).toHaveLength(2);
  });
});
