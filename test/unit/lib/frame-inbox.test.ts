import { Match } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { Env } from '../../../core/kernel/contract.ts';
import { actionsOf, permissionsOf, resourcesOf, stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));

test('the inbox keeps every version and tells EventBridge of each new one', () => {
  template.hasResourceProperties('AWS::S3::Bucket', {
    VersioningConfiguration: { Status: 'Enabled' },
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
  });
});

test('an upload to any other bucket starts nothing', () => {
  const telling = template.findResources('AWS::S3::Bucket', {
    Properties: { NotificationConfiguration: Match.anyValue() },
  });
  expect(Object.keys(telling)).toHaveLength(1);
});

test('frames that came another way are gone after seven days', () => {
  template.hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: { Rules: Match.arrayWith([{ ExpirationInDays: 7, Status: 'Enabled' }]) },
    VersioningConfiguration: Match.absent(),
  });
});

const Role = z.object({
  AssumeRolePolicyDocument: z.object({
    Statement: z.array(z.object({ Principal: z.json(), Action: z.string() })),
  }),
  MaxSessionDuration: z.number().optional(),
});
const frameReaders = [...resourcesOf(template, 'AWS::IAM::Role', Role)].filter(([id]) =>
  id.includes('FrameReader'),
);

test('only submit-job may become FrameReader, for an hour', () => {
  expect(frameReaders).toHaveLength(1);
  for (const [, role] of frameReaders) {
    expect(role).toMatchObject({
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: 'sts:AssumeRole',
            Principal: {
              AWS: { 'Fn::GetAtt': [expect.stringMatching(/^JobWorkflowSubmitJobFunctionRole/), 'Arn'] },
            },
          },
        ],
      },
      MaxSessionDuration: 3600,
    });
  }
});

test('nobody else may ask to become it', () => {
  const askers = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
    JSON.stringify(Properties.PolicyDocument).includes('sts:AssumeRole'),
  );
  expect(askers.map(({ Properties }) => Properties.Roles)).toEqual([
    [{ Ref: expect.stringMatching(/^JobWorkflowSubmitJobFunctionRole/) }],
  ]);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { [Env.frameReaderRole]: { 'Fn::GetAtt': [frameReaders[0]?.[0], 'Arn'] } } },
  });
});

test('FrameReader reads objects and nothing else', () => {
  expect(actionsOf(template, 'FrameInboxFrameReader')).toEqual(['s3:GetObject', 's3:GetObjectVersion']);
});

test('into the frames bucket the API writes uploads and the orders of batches, PrepareJob what it fetched, and nobody anything else', () => {
  const frames = [...resourcesOf(template, 'AWS::S3::Bucket', z.unknown()).keys()].find((id) =>
    id.includes('Frames'),
  );
  const writes = [
    'JobApiFunctionRole',
    'JobApiBatchFunctionRole',
    'JobWorkflowPrepareJobFunctionRole',
    '',
  ].map((role) =>
    permissionsOf(template, role)
      .filter(({ resources }) => resources.some((resource) => resource.includes(`"${frames}"`)))
      .filter(({ actions }) => actions.some((action) => /^s3:(Put|Delete|Abort|\*)/.test(action)))
      .map(({ actions, resources }) => [actions, resources.map((resource) => JSON.parse(resource))]),
  );
  const below = (prefix: string) => [
    ['s3:PutObject'],
    [{ 'Fn::Join': ['', [{ 'Fn::GetAtt': [frames, 'Arn'] }, `/${prefix}/*`]] }],
  ];
  const [byApi, byBatchApi, byPrepareJob, all] = writes;
  expect(byApi).toEqual([below('uploads')]);
  expect(byBatchApi).toEqual([below('uploads')]);
  expect(byPrepareJob).toEqual([below('fetched')]);
  expect(all).toHaveLength(3);
});

test('nothing of ours can write to the inbox, so no job starts another', () => {
  const inbox = Object.keys(
    template.findResources('AWS::S3::Bucket', {
      Properties: { NotificationConfiguration: Match.anyValue() },
    }),
  )[0];
  const writers = permissionsOf(template, '').filter(
    ({ actions, resources }) =>
      actions.some((action) => /^s3:(Put|Delete|\*)/.test(action)) &&
      resources.some((resource) => resource.includes(`"${inbox}"`) || resource === '"*"'),
  );
  expect(writers).toEqual([]);
});

test('a function that reads a version hears 404 when it is gone, not 403: it may list keys and versions', () => {
  const bucketsOf = (action: string, role: string) =>
    permissionsOf(template, role)
      .filter(({ actions }) => actions.includes(action))
      .flatMap(({ resources }) =>
        resources.flatMap((resource) => /"Fn::GetAtt":\["(\w+)"/.exec(resource)?.[1] ?? []),
      );
  const roles = Object.keys(template.findResources('AWS::IAM::Role')).filter(
    (id) => !id.includes('FrameReader'),
  );
  const readers = roles.filter((role) => bucketsOf('s3:GetObjectVersion', role).length > 0);
  expect(readers.length).toBeGreaterThan(4);
  for (const role of readers)
    for (const bucket of bucketsOf('s3:GetObjectVersion', role))
      for (const action of ['s3:ListBucket', 's3:ListBucketVersions'])
        expect(bucketsOf(action, role)).toContain(bucket);
});
