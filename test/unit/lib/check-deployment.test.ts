import { deploymentProblems, deploymentWarnings } from '../../../lib/check-deployment.ts';
import { changedStage, stage } from '../../support/synth.ts';

const withTopic = changedStage('dev', (settings) => {
  settings.deploy = { alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:on-call' };
});

test('a topic of another region is refused: CloudWatch notifies its own region only', () => {
  expect(deploymentProblems(withTopic, 'us-east-1')).toEqual([
    expect.stringMatching(
      /topic in eu-west-1, and the stack goes to us-east-1; .* Name a topic in us-east-1/,
    ),
  ]);
  expect(deploymentProblems(withTopic, 'eu-west-1')).toEqual([]);
  // A synthesis without credentials goes nowhere yet.
  expect(deploymentProblems(withTopic, undefined)).toEqual([]);
  expect(deploymentProblems(stage('dev'), 'us-east-1')).toEqual([]);
});

test('a stage whose alarms notify nobody says so, except on this machine', () => {
  expect(deploymentWarnings(stage('prod'))).toEqual({
    'no-alarm-topic': expect.stringContaining('set "deploy.alarmTopicArn"'),
  });
  expect(deploymentWarnings(withTopic)).toEqual({});
  expect(deploymentWarnings(stage('local'))).toEqual({});
});
