import { Match } from 'aws-cdk-lib/assertions';
import { Env } from '../../../core/kernel/contract.ts';
import { stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));
const queues = template.findResources('AWS::SQS::Queue');
const unpublished = Object.keys(queues).find((id) => id.startsWith('JobEventsUnpublished'));

test('the publisher sees new timeline entries only, from the oldest that the stream still has', () => {
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    StartingPosition: 'TRIM_HORIZON',
    FilterCriteria: {
      Filters: [
        {
          Pattern: Match.serializedJson({
            eventName: ['INSERT'],
            dynamodb: { Keys: { sk: { S: [{ prefix: 'EVENT#' }] } } },
          }),
        },
      ],
    },
  });
});

test('one bad record neither stops the stream for ever nor takes its batch with it', () => {
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    StartingPosition: 'TRIM_HORIZON',
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: 100,
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [unpublished, 'Arn'] } } },
  });
});

test('the publisher knows its bus and where a record goes that it cannot publish', () => {
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: Match.objectLike({
        [Env.eventBus]: { Ref: Match.stringLikeRegexp('^JobEventsBus') },
        [Env.eventDeadLetters]: { Ref: unpublished },
      }),
    },
  });
});

test('dead letters wait for two weeks, the longest that SQS keeps anything', () => {
  const dead = Object.entries(queues).filter(([id]) => /Unpublished|Undelivered|Unaccepted/.test(id));
  expect(dead).toHaveLength(5);
  for (const [, { Properties }] of dead) expect(Properties.MessageRetentionPeriod).toBe(1_209_600);
});
