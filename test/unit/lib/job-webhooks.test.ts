import { Match } from 'aws-cdk-lib/assertions';
import { Env } from '../../../core/kernel/contract.ts';
import { actionsOf, changedStage, permissionsOf, stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));
const logicalId = (type: string, prefix: string): string =>
  Object.keys(template.findResources(type)).find((id) => id.startsWith(prefix)) ?? '';
const dead = logicalId('AWS::SQS::Queue', 'JobWebhooksUndelivered');
const queue = logicalId('AWS::SQS::Queue', 'JobWebhooksQueue');

const told = ['Video Job Succeeded', 'Video Job Failed', 'Video Job Cancelled', 'Video Job Needs Attention'];

test('only jobs that name a webhook are told of, where the stage has none', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventBusName: { Ref: Match.stringLikeRegexp('^JobEventsBus') },
    EventPattern: { source: ['startframe'], 'detail-type': told, detail: { webhook: [true] } },
    Targets: [
      Match.objectLike({
        Arn: { 'Fn::GetAtt': [queue, 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [dead, 'Arn'] } },
      }),
    ],
  });
});

test('a stage with a webhook is told of every job, and of the events that it names', () => {
  const config = changedStage('dev', (settings) => {
    settings.webhooks = { url: 'https://shop.example/hook', events: ['Video Job Overdue'] };
  });
  templateOf(config).hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { source: ['startframe'], 'detail-type': ['Video Job Overdue'], detail: Match.absent() },
  });
});

test('a message stays long enough for a day of tries, and lets no other wait', () => {
  template.hasResourceProperties('AWS::SQS::Queue', {
    MessageRetentionPeriod: 345_600,
    VisibilityTimeout: 180,
    RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [dead, 'Arn'] }, maxReceiveCount: 100 },
  });
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
    BatchSize: 10,
    ScalingConfig: { MaximumConcurrency: 5 },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
});

test('whoever delivers can read and note deliveries, and touch no other item than those of jobs', () => {
  const role = 'JobWebhooksDeliverWebhookRole';
  expect(actionsOf(template, role)).toEqual([
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'secretsmanager:GetSecretValue',
    'sqs:ChangeMessageVisibility',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:GetQueueAttributes',
    'sqs:GetQueueUrl',
    'sqs:GetQueueUrl',
    'sqs:ReceiveMessage',
    'sqs:SendMessage',
  ]);
  const sending = permissionsOf(template, role).find(({ actions }) => actions.includes('sqs:SendMessage'));
  expect(sending?.resources.join()).toContain(dead);
  template.hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: Match.stringLikeRegexp(`^${role}`) }],
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['J#*'] } },
        }),
      ]),
    }),
  });
});

test('the secret is made here, and known to the functions that sign and show keys, and to no others', () => {
  template.hasResourceProperties('AWS::SecretsManager::Secret', {
    GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
  });
  const knowing = template.findResources('AWS::Lambda::Function', {
    Properties: { Environment: { Variables: { [Env.webhookSecret]: Match.anyValue() } } },
  });
  expect(Object.values(knowing).map(({ Properties }) => Properties.Code.ZipFile)).toEqual([
    '// deliver-webhook',
    '// webhook-api',
  ]);
  expect(actionsOf(template, 'JobApiWebhookFunctionRole')).toEqual([
    'dynamodb:GetItem',
    'dynamodb:Query',
    'secretsmanager:GetSecretValue',
    'sqs:GetQueueAttributes',
    'sqs:GetQueueUrl',
    'sqs:SendMessage',
  ]);
  template.hasOutput('WebhookSecretArn', {});
});

describe('a stage is refused', () => {
  it.each([
    [{ allowPrivateAddresses: true }, 'only on the local cloud'],
    [{ url: 'https://10.0.0.1/hook' }, 'a public https address'],
    [{ url: 'http://shop.example/hook' }, 'only https is called'],
    [{ events: ['Video Job Made Up'] }, 'Video Job Succeeded'],
    [{ events: [] }, 'at least 1'],
    [{ secret: 'whsec_abc' }, 'is not a setting'],
  ])('%j', (webhooks, words) => {
    const change = () => changedStage('dev', (settings) => Object.assign(settings, { webhooks }));
    expect(change).toThrow(words);
    expect(change).not.toThrow('whsec_abc');
  });
});
