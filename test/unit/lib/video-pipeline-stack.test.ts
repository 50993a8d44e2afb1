import * as z from 'zod';
import { Env } from '../../../core/kernel/contract.ts';
import { featuredStages } from '../../support/stages.ts';
import { changedStage, resourcesOf, stage, templateOf } from '../../support/synth.ts';

const stages = ['dev', 'prod', 'local'];
const templates = new Map(stages.map((name) => [name, templateOf(stage(name))]));
const templateOfStage = (name: string) => {
  const template = templates.get(name);
  if (!template) throw new Error(`No stage ${name}`);
  return template;
};
const dev = templateOfStage('dev');

const FunctionProperties = z.object({
  Runtime: z.string(),
  Architectures: z.array(z.string()),
  MemorySize: z.number(),
  Timeout: z.number(),
  TracingConfig: z.object({ Mode: z.string() }),
  LoggingConfig: z.object({ LogGroup: z.object({ Ref: z.string() }) }),
  Environment: z.object({ Variables: z.record(z.string(), z.json()) }),
  Code: z.object({ ZipFile: z.string() }),
});
const functions = resourcesOf(dev, 'AWS::Lambda::Function', FunctionProperties);
const Bucket = z.looseObject({});

describe.each(stages)('%s', (name) => {
  const template = templateOfStage(name);

  test('has no custom resources, and no function that we did not write', () => {
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(
      ({ Type }) => Type,
    );
    expect(types.filter((type) => type.startsWith('Custom::') || type.includes('CustomResource'))).toEqual(
      [],
    );
    expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(17);
  });

  test('names nothing but one log group: names are for CloudFormation to give', () => {
    // A bus has to have one; CDK derives it from the stack's. That of an API is a title: two may have the same. A filter names
    // the log group that it reads. The workflow's log group: see job-workflow.test.ts.
    const exceptions = [
      'AWS::Events::EventBus',
      'AWS::ApiGatewayV2::Api',
      'AWS::IAM::Policy',
      'AWS::Logs::MetricFilter',
    ];
    const named = Object.entries(
      template.toJSON().Resources as Record<string, { Type: string; Properties?: object }>,
    )
      .filter(([, { Type }]) => !exceptions.includes(Type) && Type !== 'AWS::Lambda::Permission')
      .filter(([, { Properties = {} }]) =>
        Object.keys(Properties).some((key) =>
          /^(Bucket|Table|Queue|Function|Role|LogGroup|StateMachine|Alarm|Rule)?Name$/.test(key),
        ),
      )
      // These two say which function they are for.
      .filter(([, { Type }]) => !/^AWS::Lambda::(EventSourceMapping|EventInvokeConfig)$/.test(Type));
    expect(named.map(([id]) => id)).toEqual([expect.stringMatching(/^JobWorkflowLogs/)]);
  });

  test('has private, encrypted buckets without ACLs, that forget unfinished uploads', () => {
    const buckets = resourcesOf(template, 'AWS::S3::Bucket', Bucket);
    expect(buckets.size).toBe(4);
    for (const bucket of buckets.values()) {
      expect(bucket).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LifecycleConfiguration: {
          Rules: expect.arrayContaining([
            { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
          ]),
        },
      });
    }
  });

  test('says where everything is', () => {
    const outputs = Object.keys(template.findOutputs('*'));
    expect(outputs.sort()).toEqual(
      [
        'ApiUrl',
        'InboxBucketName',
        'FrameBucketName',
        'VideoBucketName',
        'JobTableName',
        'EventBusName',
        'StateMachineArn',
        'WebhookSecretArn',
        'SecretArnsByProvider',
        ...(name === 'local' ? [] : ['AdminsHint']),
        ...(name === 'local' ? ['Simulated', 'SimulatedGemini', 'SimulatedOpenaiVideo'] : ['Gptproto']).map(
          (provider) => `ProviderSecretArn${provider}`,
        ),
      ].sort(),
    );
  });
});

test.each(['AWS::S3::Bucket', 'AWS::SQS::Queue'])('every %s answers TLS only', (type) => {
  const policies = {
    ...dev.findResources('AWS::S3::BucketPolicy'),
    ...dev.findResources('AWS::SQS::QueuePolicy'),
  };
  const tlsOnly = Object.values(policies)
    .filter(({ Properties }) =>
      JSON.stringify(Properties.PolicyDocument).includes(
        '"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
      ),
    )
    .map(({ Properties }) => JSON.stringify(Properties.Bucket ?? Properties.Queues));
  for (const id of Object.keys(dev.findResources(type))) {
    expect(tlsOnly.filter((policed) => policed.includes(`"${id}"`))).toHaveLength(1);
  }
});

test('every function is bounded, on arm64 and Node 24 in dev, traced, and told where its settings are', () => {
  for (const fn of functions.values()) {
    expect(fn).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
    expect(fn.Environment.Variables[Env.settingsFile]).toBe('settings.json');
  }
  const sizes = Object.fromEntries(
    [...functions.values()].map(({ Code, MemorySize, Timeout }) => [
      Code.ZipFile.slice(3),
      [MemorySize, Timeout],
    ]),
  );
  expect(sizes).toEqual({
    'accept-upload': [256, 30],
    'admit-jobs': [256, 60],
    'await-slot': [256, 30],
    'prepare-job': [512, 60],
    'submit-job': [512, 90],
    'check-job': [512, 60],
    'store-video': [512, 900],
    'finish-job': [128, 30],
    'job-api': [512, 20],
    'webhook-api': [512, 20],
    'deliver-webhook': [256, 30],
    'expand-batch': [512, 60],
    'batch-api': [512, 20],
    'publish-job-events': [128, 60],
    'sweep-jobs': [256, 60],
    'repair-job': [256, 30],
    'sweep-inbox': [256, 60],
  });
});

test('every log ends: 30 days in dev, a year in prod', () => {
  for (const [name, days] of [
    ['dev', 30],
    ['prod', 365],
  ] as const) {
    const template = templateOfStage(name);
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup', z.object({ RetentionInDays: z.number() }));
    expect([...groups.values()].every(({ RetentionInDays }) => RetentionInDays === days)).toBe(true);
    for (const fn of resourcesOf(template, 'AWS::Lambda::Function', FunctionProperties).values()) {
      expect(groups.has(fn.LoggingConfig.LogGroup.Ref)).toBe(true);
    }
  }
});

test('prod keeps videos, frames, jobs, keys and logs when the stack goes, and does not let the table go', () => {
  const prod = templateOfStage('prod');
  for (const type of [
    'AWS::S3::Bucket',
    'AWS::DynamoDB::GlobalTable',
    'AWS::SecretsManager::Secret',
    'AWS::Logs::LogGroup',
  ]) {
    prod.allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  }
  prod.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    Replicas: [{ DeletionProtectionEnabled: true }],
  });
});

test('the functions of a local stage run on the machine that deploys it', () => {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  for (const fn of resourcesOf(
    templateOfStage('local'),
    'AWS::Lambda::Function',
    FunctionProperties,
  ).values()) {
    expect(fn.Architectures).toEqual([architecture]);
  }
});

test('a provider with a hyphen gets an output that CloudFormation takes', () => {
  const config = changedStage('dev', (settings) => {
    settings.defaults = { prompt: 'Move.', model: 'veo3.1-fast' };
    settings.providers = {
      'my-gateway': { dialect: 'gptproto', submitBaseUrl: 'https://example.com', models: ['veo3.1-fast'] },
    };
  });
  expect(templateOf(config).findOutputs('ProviderSecretArnMyGateway')).not.toEqual({});
});

test('the command line finds the secret of a provider by its exact id', () => {
  const [output] = Object.values(templateOfStage('local').findOutputs('SecretArnsByProvider'));
  const text = JSON.stringify(output?.Value);
  for (const id of ['simulated', 'simulated-gemini', 'simulated-openai-video'])
    expect(text).toContain(`\\"${id}\\":\\"`);
});

const featured = (name: string) => {
  const config = featuredStages.get(name);
  if (!config) throw new Error(`No stage ${name}`);
  return config;
};

test.each([
  ['iam', '"admins": ["{"Ref":"AWS::AccountId"}:role/OnCall"]'],
  ['jwt', '"admins": ["jwt:ann"]'],
  ['api-key', '"admins": ["key:ops"]'],
])('a stage of %s callers without admins is deployed with the line that names one', (kind, line) => {
  const [hint] = Object.values(templateOf({ ...featured(kind), admins: [] }).findOutputs('AdminsHint'));
  const Value = z.union([
    z.string(),
    z
      .object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.json())]) })
      .transform((joined) =>
        joined['Fn::Join'][1]
          .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
          .join(''),
      ),
  ]);
  expect(Value.parse(hint?.Value)).toBe(line);
  expect(templateOf(featured(kind)).findOutputs('AdminsHint')).toEqual({});
});
