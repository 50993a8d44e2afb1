import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { ATTENTION_LOGGED, CIRCUIT_OPEN_LOGGED, UNKNOWN_WORD_LOGGED } from '../../../core/kernel/contract.ts';
import { changedStage, resourcesOf, stage, templateOf } from '../../support/synth.ts';

const Alarm = z.looseObject({
  AlarmDescription: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.json() })).default([]),
  Threshold: z.number(),
  TreatMissingData: z.string(),
});
const template = templateOf(stage('dev'));
const alarms = [...resourcesOf(template, 'AWS::CloudWatch::Alarm', Alarm).values()];

test('every queue of dead letters has an alarm at its first message', () => {
  const watched = alarms
    .filter(
      ({ MetricName, Threshold }) => MetricName === 'ApproximateNumberOfMessagesVisible' && Threshold === 0,
    )
    .map(({ Dimensions }) => JSON.stringify(Dimensions));
  const queues = Object.keys(template.findResources('AWS::SQS::Queue')).filter((id) => id.includes('Un'));
  expect(queues).toHaveLength(7);
  for (const id of queues) expect(watched.some((dimensions) => dimensions.includes(id))).toBe(true);
});

test('an execution that failed or timed out is heard of; one that was stopped is healed, not told', () => {
  const metrics = alarms.map(({ MetricName }) => MetricName);
  expect(metrics).toEqual(expect.arrayContaining(['ExecutionsFailed', 'ExecutionsTimedOut', 'IteratorAge']));
  expect(metrics).not.toContain('ExecutionsAborted');
});

test('a person is called for a submit that nobody answered, a download that fails, a late job, a new word', () => {
  const filters = resourcesOf(
    template,
    'AWS::Logs::MetricFilter',
    z.looseObject({ FilterPattern: z.string() }),
  );
  const patterns = [...filters.values()].map(({ FilterPattern }) => FilterPattern);
  for (const words of [
    [ATTENTION_LOGGED, 'SUBMIT_UNANSWERED'],
    [ATTENTION_LOGGED, 'DOWNLOAD_FAILED', 'DOWNLOAD_INVALID'],
    [ATTENTION_LOGGED, 'OVERDUE'],
    [UNKNOWN_WORD_LOGGED],
  ])
    expect(patterns.filter((pattern) => words.every((word) => pattern.includes(`"${word}"`)))).toHaveLength(
      1,
    );
  const metrics = alarms.map(({ MetricName }) => MetricName);
  for (const name of ['SubmitsUnknown', 'DownloadsFailing', 'JobsOverdue', 'UnknownStatusWords'])
    expect(metrics).toContain(name);
});

test('each provider that is parked is heard of, as long as it is, by what the sweeper says of it', () => {
  const dev = stage('dev');
  const [[id, settings] = []] = Object.entries(dev.providers);
  if (id === undefined || settings === undefined) throw new Error('The stage has no provider.');
  const changed = templateOf({ ...dev, providers: { [id]: settings, relay: settings } });
  const watched = [...resourcesOf(changed, 'AWS::CloudWatch::Alarm', Alarm).values()].filter(
    ({ MetricName }) => MetricName === 'ProvidersParked',
  );
  expect(watched).toMatchObject([
    { Dimensions: [{ Name: 'Provider', Value: id }] },
    { Dimensions: [{ Name: 'Provider', Value: 'relay' }] },
  ]);
  changed.hasResourceProperties('AWS::Logs::MetricFilter', {
    FilterPattern: Match.stringLikeRegexp(`"${CIRCUIT_OPEN_LOGGED}"`),
    LogGroupName: { Ref: Match.stringLikeRegexp('^JobSweeperSweepJobs') },
    MetricTransformations: [
      Match.objectLike({ Dimensions: [{ Key: 'Provider', Value: '$.provider' }], MetricValue: '1' }),
    ],
  });
});

test('silence is good news, except of the sweeper', () => {
  const silent = alarms.filter(({ TreatMissingData }) => TreatMissingData !== 'notBreaching');
  expect(silent).toMatchObject([
    { MetricName: 'Invocations', TreatMissingData: 'breaching', ComparisonOperator: 'LessThanThreshold' },
  ]);
  expect(JSON.stringify(silent[0]?.Dimensions)).toContain('SweepJobs');
});

test('an alarm says who is affected, what to try first, and names its page of the runbook', () => {
  const pages = alarms.map(({ AlarmDescription }) => {
    const [, affected, tryFirst, page] =
      /^(.{20,}) Try first: (.{20,}) See docs\/runbook\.md#([a-z-]+)$/.exec(AlarmDescription) ?? [];
    expect({ affected, tryFirst }).toEqual({ affected: expect.any(String), tryFirst: expect.any(String) });
    return page;
  });
  expect(new Set(pages).size).toBe(alarms.length);
  const runbook = readFileSync(join(__dirname, '../../../docs/runbook.md'), 'utf8');
  for (const page of pages) expect(runbook).toMatch(new RegExp(`^#+ ${page}$`, 'm'));
});

test('alarms tell the topic that the stage names', () => {
  const topic = 'arn:aws:sns:eu-west-1:123456789012:on-call';
  const config = changedStage('dev', (settings) => {
    settings.deploy = { alarmTopicArn: topic };
  });
  templateOf(config).allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [topic] });
});
