import { Match } from 'aws-cdk-lib/assertions';
import { permissionsOf, stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));
const queue = (name: string) =>
  Object.keys(template.findResources('AWS::SQS::Queue')).find((id) => id.startsWith(`UploadTrigger${name}`));

test('a new object in the inbox goes to the queue, or to its dead letters', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: [{ Ref: Match.stringLikeRegexp('^FrameInbox') }] } },
    },
    State: 'ENABLED',
    Targets: [
      {
        Arn: { 'Fn::GetAtt': [queue('Uploads'), 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue('Undelivered'), 'Arn'] } },
      },
    ],
  });
});

test('a drop is tried five times, each long enough for six runs of the function', () => {
  template.hasResourceProperties('AWS::SQS::Queue', {
    VisibilityTimeout: 180,
    RedrivePolicy: {
      deadLetterTargetArn: { 'Fn::GetAtt': [queue('Unaccepted'), 'Arn'] },
      maxReceiveCount: 5,
    },
  });
});

test('one bad drop does not bring back the other nine', () => {
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    EventSourceArn: { 'Fn::GetAtt': [queue('Uploads'), 'Arn'] },
    BatchSize: 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
});

test('a flood of drops leaves room for the jobs that run', () => {
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    EventSourceArn: { 'Fn::GetAtt': [queue('Uploads'), 'Arn'] },
    ScalingConfig: { MaximumConcurrency: 5 },
  });
});

test('drops without a job are looked for every five minutes, by a function that may list the versions of the inbox', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(5 minutes)',
    State: 'ENABLED',
    Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^UploadTriggerSweepInbox'), 'Arn'] } }],
  });
  const listing = permissionsOf(template, 'UploadTriggerSweepInbox').filter(({ actions }) =>
    actions.includes('s3:ListBucketVersions'),
  );
  expect(listing.flatMap(({ resources }) => resources)).toContainEqual(
    expect.stringMatching(/"FrameInbox[0-9A-F]{8}","Arn"/),
  );
});
