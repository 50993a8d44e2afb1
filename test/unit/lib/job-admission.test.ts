import { Match } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { permissionsOf, resourcesOf, stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));

const Mapping = z.looseObject({
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }).optional(),
  DestinationConfig: z.json().optional(),
});

const mapping = [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping', Mapping)].find(([id]) =>
  id.startsWith('JobAdmission'),
)?.[1];

test('admit-jobs is told of new places in a queue, of slots that came free and of wake-ups, and of nothing else', () => {
  const patterns = mapping?.FilterCriteria?.Filters.map(({ Pattern }) => JSON.parse(Pattern));
  const queue = { dynamodb: { Keys: { pk: { S: [{ prefix: 'QUEUE#' }] } } } };
  const goesOn = { dynamodb: { Keys: { pk: { S: [{ prefix: 'PROVIDER#' }] }, sk: { S: ['WAKE'] } } } };
  expect(patterns).toEqual([
    { eventName: ['INSERT'], ...queue },
    { eventName: ['MODIFY'], ...queue },
    { eventName: ['REMOVE'], dynamodb: { Keys: { pk: { S: [{ prefix: 'SLOT#' }] } } } },
    { eventName: ['INSERT'], ...goesOn },
    { eventName: ['MODIFY'], ...goesOn },
  ]);
});

test('what it fails at ends among dead letters of its own, after a few tries', () => {
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    FunctionName: { Ref: Match.stringLikeRegexp('^JobAdmissionAdmitJobs') },
    MaximumRetryAttempts: 3,
    DestinationConfig: {
      OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobAdmissionUnheeded'), 'Arn'] } },
    },
  });
});

test.each(['JobAdmissionAdmitJobs', 'JobSweeperSweepJobs'])(
  '%s may tell executions of our machine, and of no other',
  (role) => {
    const telling = permissionsOf(template, role).filter(({ actions }) =>
      actions.includes('states:SendTaskSuccess'),
    );
    expect(telling).toHaveLength(1);
    expect(telling[0]?.resources).toEqual([
      expect.stringMatching(/^\{"Ref":"JobWorkflowStateMachine\w+"\}$/),
    ]);
  },
);

test('nobody else may', () => {
  const all = permissionsOf(template, '').filter(({ actions }) => actions.includes('states:SendTaskSuccess'));
  expect(all).toHaveLength(2);
});
