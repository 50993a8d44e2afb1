import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { resourcesOf, stage, templateOf } from '../../support/synth.ts';

// `aws sqs start-message-move-task` only takes the dead-letter queue of a queue, and without a destination it only moves what came
// from that queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

const runbook = readFileSync(join(__dirname, '../../../docs/runbook.md'), 'utf8').replaceAll(/\\\n\s*/g, '');
const template = templateOf(stage('prod'));

const Arn = z
  .object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) })
  .transform((value) => value['Fn::GetAtt'][0]);
const Queue = z.looseObject({ RedrivePolicy: z.object({ deadLetterTargetArn: Arn }).optional() });
const Rule = z.looseObject({
  Targets: z.array(z.looseObject({ Arn: z.json(), DeadLetterConfig: z.object({ Arn }).optional() })),
});
const Mapping = z.looseObject({
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: Arn }) }).optional(),
});
const LambdaFunction = z.looseObject({
  Environment: z.object({ Variables: z.record(z.string(), z.json()) }).optional(),
});

const queues = resourcesOf(template, 'AWS::SQS::Queue', Queue);
/** Dead-letter queue → the queues that send there by their redrive policy. */
const sourcesOf = (deadLetters: string): string[] =>
  [...queues]
    .filter(([, { RedrivePolicy }]) => RedrivePolicy?.deadLetterTargetArn === deadLetters)
    .map(([id]) => id);

/** Whether anything else than a queue puts messages there: a rule, a stream, a function. */
const hasOtherSources = (queue: string): boolean =>
  [...resourcesOf(template, 'AWS::Events::Rule', Rule).values()].some(({ Targets }) =>
    Targets.some(({ DeadLetterConfig }) => DeadLetterConfig?.Arn === queue),
  ) ||
  [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping', Mapping).values()].some(
    ({ DestinationConfig }) => DestinationConfig?.OnFailure.Destination === queue,
  ) ||
  [...resourcesOf(template, 'AWS::Lambda::Function', LambdaFunction).values()].some(({ Environment }) =>
    Object.values(Environment?.Variables ?? {}).some(
      (value) => JSON.stringify(value) === `{"Ref":"${queue}"}`,
    ),
  );

/** The queue that a command names, as `queue` of the runbook finds it. */
const named = (prefix: string): string => {
  const found = [...queues.keys()].filter((id) => id.startsWith(prefix));
  if (found.length !== 1) throw new Error(`queue ${prefix} finds ${found.length} queues.`);
  return found[0] ?? '';
};

const commands = runbook.match(/^(aws sqs start-message-move-task|move "\$\().*$/gm) ?? [];
const queuesIn = (command: string): string[] =>
  [...command.matchAll(/\$\(queue (\w+)\)/g)].map(([, prefix = '']) => named(prefix));

test('the runbook names its queues in every command that moves messages', () => {
  expect(commands.length).toBeGreaterThanOrEqual(4);
  for (const command of commands) expect(queuesIn(command).length).toBeGreaterThan(0);
  // None is left to guess.
  expect(runbook).not.toMatch(/start-message-move-task`\)|--source-arn …/);
});

test.each(commands.filter((command) => command.startsWith('aws')))('AWS takes: %s', (command) => {
  const [source = '', destination] = queuesIn(command);
  expect(sourcesOf(source)).not.toEqual([]);
  if (hasOtherSources(source)) expect(command).toContain('--destination-arn');
  if (destination !== undefined) expect(sourcesOf(source)).toContain(destination);
});

test.each(commands.filter((command) => command.startsWith('move')))(
  '%s moves to where the messages were meant for',
  (command) => {
    const [source = '', destination = ''] = queuesIn(command);
    const targets = [...resourcesOf(template, 'AWS::Events::Rule', Rule).values()].flatMap(({ Targets }) =>
      Targets.filter(({ DeadLetterConfig }) => DeadLetterConfig?.Arn === source).map((target) =>
        JSON.stringify(target.Arn),
      ),
    );
    expect(targets).toEqual([JSON.stringify({ 'Fn::GetAtt': [destination, 'Arn'] })]);
  },
);

test('every queue that the runbook empties is there', () => {
  const purged = [...runbook.matchAll(/purge-queue --queue-url "\$\(queue\s+(\w+)\)"/g)].map(
    ([, prefix = '']) => named(prefix),
  );
  expect(purged).toHaveLength(2);
});

test('every dead-letter queue has a heading that says what to do with its messages', () => {
  const advised = [...runbook.matchAll(/\$\(queue\s+(\w+)\)/g)].map(([, prefix = '']) => named(prefix));
  const deadLetters = [...queues.keys()].filter((id) => sourcesOf(id).length > 0 || hasOtherSources(id));
  const silent = deadLetters.filter((id) => !advised.includes(id) && !queues.get(id)?.RedrivePolicy);
  // Records, not messages: a person publishes them by hand, see `events-unpublished`.
  expect(silent.map((id) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual(['JobEventsUnpublished']);
});
