import * as z from 'zod';
import { resourcesOf, stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));
const queue = (name: string) =>
  Object.keys(template.findResources('AWS::SQS::Queue')).find((id) => id.startsWith(`JobBatches${name}`));

test('a batch is tried five times, each long enough for six runs of the function, and then told of', () => {
  template.hasResourceProperties('AWS::SQS::Queue', {
    VisibilityTimeout: 360,
    RedrivePolicy: {
      deadLetterTargetArn: { 'Fn::GetAtt': [queue('Unexpanded'), 'Arn'] },
      maxReceiveCount: 5,
    },
  });
});

test('no more than two batches are read at once, a message at a time', () => {
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    EventSourceArn: { 'Fn::GetAtt': [queue('Queue'), 'Arn'] },
    BatchSize: 1,
    ScalingConfig: { MaximumConcurrency: 2 },
  });
});

const Policy = z.object({
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() }),
    ),
  }),
});
/** What the role of a function may do, and with what. */
const grantsOf = (role: string): { actions: string[]; resource: string }[] =>
  [...resourcesOf(template, 'AWS::IAM::Policy', Policy)]
    .filter(([id]) => id.startsWith(role))
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)
    .map(({ Action, Resource }) => ({ actions: [Action].flat(), resource: JSON.stringify(Resource) }));

test('only who reads batches, orders them or looks after them may send for one', () => {
  const senders = [...resourcesOf(template, 'AWS::IAM::Policy', Policy)].filter(([, { PolicyDocument }]) =>
    PolicyDocument.Statement.some(
      ({ Action, Resource }) =>
        [Action].flat().includes('sqs:SendMessage') &&
        JSON.stringify(Resource).includes(queue('Queue') ?? '?'),
    ),
  );
  expect(senders.map(([id]) => id.replace(/DefaultPolicy.*/, '')).sort()).toEqual([
    expect.stringMatching(/^JobApiBatchFunctionRole/),
    expect.stringMatching(/^JobBatchesExpandBatchRole/),
    expect.stringMatching(/^JobSweeperSweepJobsRole/),
  ]);
});

test('the function that makes jobs of rows deletes nothing, writes no object, and stops no execution', () => {
  const actions = grantsOf('JobBatchesExpandBatchRole').flatMap((grant) => grant.actions);
  expect(actions).toEqual(
    expect.arrayContaining(['states:StartExecution', 's3:GetObject', 'dynamodb:PutItem']),
  );
  for (const action of actions) expect(action).not.toMatch(/Delete(?!Message)|s3:Put|states:Stop|Scan|\*/);
});

test('the API keeps orders among the uploads, and writes nowhere else', () => {
  const puts = grantsOf('JobApiBatchFunctionRole').filter(({ actions }) => actions.includes('s3:PutObject'));
  expect(puts).toHaveLength(1);
  expect(puts[0]?.resource).toMatch(/FrameInboxFrames.*\/uploads\/\*/);
});
