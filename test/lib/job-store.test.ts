import { DUE_INDEX } from '../../core/contract.ts';
import { actionsOf, permissionsOf, stage, templateOf } from './synth.ts';

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

test('nobody scans the table, and no action is a wildcard', () => {
  const all = permissionsOf(template, '').flatMap(({ actions }) => actions);
  expect(all.filter((action) => action.includes('*') || /:(Scan|BatchWriteItem)$/.test(action))).toEqual([]);
});

test('nothing is deleted but slots and places in a queue', () => {
  const statements = Object.values(template.findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().includes('dynamodb:DeleteItem'));
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements) {
    expect(statement).toMatchObject({
      Action: 'dynamodb:DeleteItem',
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['SLOT#*', 'QUEUE#*'] } },
    });
  }
});

const readWrite = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];
const admission = [...readWrite, 'dynamodb:DeleteItem'];
const readObjects = ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket'];

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
  ['JobWorkflowPrepareJob', [...admission, ...readObjects]],
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
  ['JobApiFunction', [...admission, ...readObjects, 'states:StartExecution', 'states:StopExecution']],
  [
    'JobSweeperSweepJobs',
    [
      ...admission,
      // The index.
      'dynamodb:Query',
      'events:PutEvents',
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

test('what is due is found by a sparse index of keys, which the sweeper alone may read', () => {
  template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    GlobalSecondaryIndexes: [
      {
        IndexName: DUE_INDEX,
        KeySchema: [
          { AttributeName: 'due', KeyType: 'HASH' },
          { AttributeName: 'dueAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  });
  const readers = (role: string) =>
    permissionsOf(template, role).filter(({ resources }) =>
      resources.some((resource) => resource.includes('/index/')),
    );
  expect(readers('')).toEqual(readers('JobSweeperSweepJobs'));
  expect(readers('')).toMatchObject([{ actions: ['dynamodb:Query'] }]);
  expect(readers('')[0]?.resources.join()).toContain(`/index/${DUE_INDEX}`);
});

test('only X-Ray and the delivery of logs, which know no resources, are granted on everything', () => {
  const everywhere = permissionsOf(template, '')
    .filter(({ resources }) => resources.includes('"*"'))
    .flatMap(({ actions }) => actions);
  expect(
    everywhere.filter((action) => !/^(xray:|logs:.*(LogDeliver|ResourcePolic|LogGroups))/.test(action)),
  ).toEqual([]);
});
