import { Match } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { jobIndexNames, listedAttributes } from '../../../core/jobs/list-index.ts';
import { BATCH_INDEX, DUE_INDEX } from '../../../core/kernel/contract.ts';
import { jobTable } from '../../support/aws.ts';
import { actionsOf, permissionsOf, resourcesOf, stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));

test('the table is on demand, can be put back to any second, forgets by itself, and tells both images', () => {
  template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
  });
});

test('tests create the table that is deployed', () => {
  const [deployed] = Object.values(template.findResources('AWS::DynamoDB::GlobalTable'));
  const { TableName: _, AttributeDefinitions: attributes = [], ...created } = jobTable('jobs');
  const { AttributeDefinitions, ...properties } = deployed?.Properties ?? {};
  expect(properties).toMatchObject(created);
  expect(new Set(attributes)).toEqual(new Set(AttributeDefinitions));
});

test('nobody scans the table, and no action is a wildcard', () => {
  const all = permissionsOf(template, '').flatMap(({ actions }) => actions);
  expect(all.filter((action) => action.includes('*') || /:(Scan|BatchWriteItem)$/.test(action))).toEqual([]);
});

test('nothing is deleted but slots and places in a queue, and by the API jobs', () => {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
  const deletions = policies.flatMap(([id, { Properties }]) => {
    const statements: Record<string, unknown>[] = Properties.PolicyDocument.Statement;
    return statements
      .filter(({ Action }) => [Action].flat().includes('dynamodb:DeleteItem'))
      .map((statement) => ({ id, statement }));
  });
  const onlyOf = (...partitions: string[]) => ({
    Action: 'dynamodb:DeleteItem',
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } },
  });
  const ofJobs = deletions.filter(({ statement }) => JSON.stringify(statement).includes('J#'));
  expect(ofJobs).toMatchObject([{ id: expect.stringContaining('JobApiFunction'), statement: onlyOf('J#*') }]);
  const others = deletions.filter((deletion) => !ofJobs.includes(deletion));
  expect(others.length).toBeGreaterThan(0);
  for (const { statement } of others) expect(statement).toMatchObject(onlyOf('SLOT#*', 'QUEUE#*'));
});

const readWrite = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];
const admission = [...readWrite, 'dynamodb:DeleteItem'];
const send = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];
const readObjects = ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket', 's3:ListBucketVersions'];

test.each([
  [
    'UploadTriggerAcceptUpload',
    [
      ...readWrite,
      ...readObjects,
      'states:StartExecution',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ReceiveMessage',
    ],
  ],
  ['JobWorkflowPrepareJob', [...admission, ...readObjects, 's3:PutObject']],
  ['JobWorkflowAwaitSlot', readWrite],
  [
    'JobWorkflowSubmitJob',
    [
      ...admission,
      ...readObjects,
      'dynamodb:BatchGetItem',
      'secretsmanager:GetSecretValue',
      'sts:AssumeRole',
    ],
  ],
  ['JobWorkflowCheckJob', [...admission, 'secretsmanager:GetSecretValue']],
  [
    'JobWorkflowStoreVideo',
    [
      ...admission,
      ...readObjects,
      's3:PutObject',
      's3:AbortMultipartUpload',
      'secretsmanager:GetSecretValue',
    ],
  ],
  ['JobWorkflowFinishJob', admission],
  [
    'JobAdmissionAdmitJobs',
    [
      ...admission,
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SendMessage',
      'states:SendTaskSuccess',
    ],
  ],
  [
    'JobApiFunction',
    [
      ...admission,
      // Jobs, beside slots and places.
      'dynamodb:DeleteItem',
      // The indexes of lists.
      'dynamodb:Query',
      // Of frames, and of videos.
      ...readObjects,
      's3:DeleteObjectVersion',
      's3:GetObject',
      's3:GetObjectVersion',
      's3:PutObject',
      'states:StartExecution',
      'states:StopExecution',
    ],
  ],
  [
    'JobApiBatchFunction',
    // The jobs of a batch.
    [...readWrite, 'dynamodb:Query', ...readObjects, 's3:PutObject', ...send],
  ],
  [
    'JobBatchesExpandBatch',
    [
      ...readWrite,
      ...readObjects,
      ...send,
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:ReceiveMessage',
      'states:StartExecution',
    ],
  ],
  [
    'UploadTriggerSweepInbox',
    [...readWrite, ...readObjects, 'dynamodb:BatchGetItem', 'states:StartExecution'],
  ],
  [
    'JobSweeperSweepJobs',
    [
      ...admission,
      // The index.
      'dynamodb:Query',
      'events:PutEvents',
      ...send,
      'states:DescribeExecution',
      'states:SendTaskSuccess',
      'states:StartExecution',
      'states:StopExecution',
    ],
  ],
  [
    'JobSweeperRepairJob',
    [...readWrite, 'states:DescribeExecution', 'states:StartExecution', 'states:StopExecution'],
  ],
  [
    'JobEventsPublishJobEvents',
    [
      'dynamodb:UpdateItem',
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
      'events:PutEvents',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SendMessage',
    ],
  ],
])('%s may do what it needs and nothing more', (role, actions) => {
  expect(actionsOf(template, role)).toEqual(actions.sort());
});

test('the jobs of batches are found by a sparse index of their status', () => {
  template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    GlobalSecondaryIndexes: Match.arrayWith([
      {
        IndexName: BATCH_INDEX,
        KeySchema: [
          { AttributeName: 'byBatch', KeyType: 'HASH' },
          { AttributeName: 'batchLine', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['status'] },
      },
    ]),
  });
});

test('what is due is found by a sparse index of keys, which the sweeper alone may read', () => {
  template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    GlobalSecondaryIndexes: Match.arrayWith([
      {
        IndexName: DUE_INDEX,
        KeySchema: [
          { AttributeName: 'due', KeyType: 'HASH' },
          { AttributeName: 'dueAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]),
  });
  expect(indexesReadBy('JobSweeperSweepJobs')).toEqual([DUE_INDEX]);
});

/** Names of the indexes that functions may read, and in no other way than by a query. */
const indexesReadBy = (role: string): string[] => {
  const readers = permissionsOf(template, role).filter(({ resources }) =>
    resources.join().includes('/index/'),
  );
  for (const { actions } of readers) expect(actions).toEqual(['dynamodb:Query']);
  return readers.flatMap(({ resources }) =>
    resources.map((each) => each.replace(/^.*\/index\/(\w*).*$/s, '$1')),
  );
};

test('jobs are found by indexes that hold what a list shows, which the API alone may read', () => {
  const Index = z.looseObject({ IndexName: z.string(), Projection: z.unknown() });
  const Table = z.object({ GlobalSecondaryIndexes: z.array(Index) });
  const [table] = [...resourcesOf(template, 'AWS::DynamoDB::GlobalTable', Table).values()];
  const others = [DUE_INDEX, BATCH_INDEX];
  const lists = table?.GlobalSecondaryIndexes.filter(({ IndexName }) => !others.includes(IndexName)) ?? [];
  expect(lists.map(({ IndexName }) => IndexName)).toEqual(jobIndexNames);
  for (const { Projection } of lists)
    expect(Projection).toEqual({ ProjectionType: 'INCLUDE', NonKeyAttributes: listedAttributes });
  expect(indexesReadBy('JobApiFunction').sort()).toEqual([...jobIndexNames].sort());
  expect(indexesReadBy('JobApiBatchFunction')).toEqual([BATCH_INDEX]);
  expect(indexesReadBy('').sort()).toEqual([...jobIndexNames, BATCH_INDEX, DUE_INDEX].sort());
});

test('only X-Ray, the delivery of logs and task tokens, which know no resources, are granted on everything', () => {
  const everywhere = permissionsOf(template, '')
    .filter(({ resources }) => resources.includes('"*"'))
    .flatMap(({ actions }) => actions);
  expect(
    everywhere.filter((action) => !/^(xray:|logs:.*(LogDeliver|ResourcePolic|LogGroups))/.test(action)),
    // Of two functions: see job-admission.test.ts.
  ).toEqual(['states:SendTaskSuccess', 'states:SendTaskSuccess']);
});
