import { Match } from 'aws-cdk-lib/assertions';
import { permissionsOf, stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));
const target = (fn: string) =>
  Match.objectLike({
    Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^JobSweeper${fn}`), 'Arn'] },
    DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobSweeperUndelivered'), 'Arn'] } },
  });

test('stuck jobs are looked for every minute, and a call that fails is not repeated: the next one comes', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [target('SweepJobs')],
  });
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    FunctionName: { Ref: Match.stringLikeRegexp('^JobSweeperSweepJobs') },
    MaximumRetryAttempts: 0,
  });
});

test('an execution of our workflow that stopped is repaired at once', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        stateMachineArn: [{ Ref: Match.stringLikeRegexp('^JobWorkflowStateMachine') }],
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      },
    },
    Targets: [target('RepairJob')],
  });
});

test('executions of our workflow can be looked at and stopped, and of no other', () => {
  for (const role of ['JobSweeperSweepJobs', 'JobSweeperRepairJob', 'JobApiFunction']) {
    const onExecutions = permissionsOf(template, role).filter(({ actions }) =>
      actions.includes('states:StopExecution'),
    );
    expect(onExecutions).toHaveLength(1);
    expect(onExecutions[0]?.resources).toEqual([
      expect.stringMatching(/execution:.*JobWorkflowStateMachine.*:\*/),
    ]);
  }
});
