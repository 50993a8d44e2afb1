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
  '%s may resume executions by their tokens',
  (role) => {
    // AWS knows no resource for this action: a policy that names a machine is not promised to work, and a queue would stand still.
    // A token is a secret of 1,000 characters or so, and the functions know those of our table alone.
    const resuming = permissionsOf(template, role).filter(({ actions }) =>
      actions.includes('states:SendTaskSuccess'),
    );
    expect(resuming.map(({ resources }) => resources)).toEqual([['"*"']]);
  },
);

test('nothing else of Step Functions is allowed on more than our machine and its executions', () => {
  const wide = permissionsOf(template, '').filter(
    ({ actions, resources }) =>
      actions.some((action) => action.startsWith('states:')) &&
      resources.some((resource) => !resource.includes('{"Ref":"JobWorkflowStateMachine')),
  );
  const actionsOfStates = wide.flatMap(({ actions }) =>
    actions.filter((action) => action.startsWith('states:')),
  );
  expect(actionsOfStates).toEqual(['states:SendTaskSuccess', 'states:SendTaskSuccess']);
});

test('nobody else may', () => {
  const all = permissionsOf(template, '').filter(({ actions }) => actions.includes('states:SendTaskSuccess'));
  expect(all).toHaveLength(2);
});
