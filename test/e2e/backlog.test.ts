import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { isEnded, type JobState } from '../../core/jobs/job.ts';
import { findJobsSince } from '../../local/job-reader.ts';
import { TestStack } from '../support/stack.ts';

// Two hundred videos of two owners, by the real template on the local cloud with IAM enforced; the gateway allows 5 at once and 60
// orders a minute, which are minutes of the clock. The same in a time of its own: test/integration/simulation/backlog.test.ts.

const EACH = 100;
const URGENT = 3;
const MAX_IN_FLIGHT = 5;
const PER_MINUTE = 60;

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
let stack: TestStack;
let began: string;

beforeAll(async () => {
  stack = await TestStack.start({
    simulated: { seconds: 1.5, maxInFlight: MAX_IN_FLIGHT, maxPerMinute: PER_MINUTE },
    providerSettings: {
      maxInFlight: MAX_IN_FLIGHT,
      submitsPerMinute: PER_MINUTE,
      firstWaitSeconds: 1,
      pollStepSeconds: 1,
    },
  });
  began = new Date().toISOString();
}, 300_000);
afterAll(() => stack?.stop(), 60_000);

const ledger = () => {
  const shown = stack.cloud.gateway?.ledger();
  if (!shown) throw new Error('The simulated gateway is not ours.');
  return shown;
};

/** As a client does that loses an answer on a busy machine: it says the same again. */
const order = async (prompt: string, more: Record<string, unknown> = {}): Promise<void> => {
  const body = { frame: { s3Uri: `s3://${stack.output('FrameBucketName')}/frame.jpg` }, prompt, ...more };
  await until(async () => {
    const { status } = await stack.call('POST', '/jobs', body, { 'idempotency-key': prompt });
    if (status >= 400 && status < 500) throw new Error(`Not ordered: ${status}`);
    return status === 202;
  }, 120);
};

const script = (method: 'POST' | 'DELETE', faults?: string[]): Promise<Response> =>
  fetch(`${stack.cloud.gatewayUrl}/_gateway/script`, {
    method,
    ...(faults ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ faults }) } : {}),
  });

const Place = z.object({ jobId: z.string(), sk: z.string() });
const placesOf = async (pk: string): Promise<z.infer<typeof Place>[]> => {
  const { Items = [] } = await stack.cloud.clients.table.send(
    new QueryCommand({
      TableName: stack.output('JobTableName'),
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
    }),
  );
  return Items.map((item) => Place.parse(item));
};

const until = async (isSo: () => boolean | Promise<boolean>, seconds: number): Promise<void> => {
  for (const deadline = Date.now() + seconds * 1000; !(await isSo()); await sleep(500))
    if (Date.now() > deadline) throw new Error(`It did not come to that within ${seconds} s.`);
};

/** The last in the queue loses its workflow. */
const killOneThatWaits = async (): Promise<string> => {
  const { jobId } = Place.parse((await placesOf('QUEUE#simulated')).at(-1));
  const machine = stack.output('StateMachineArn').replace(':stateMachine:', ':execution:');
  await new SFNClient(stack.cloud.access).send(
    new StopExecutionCommand({ executionArn: `${machine}:${jobId}-1` }),
  );
  return jobId;
};

const jobs = (): Promise<JobState[]> =>
  findJobsSince(stack.cloud.clients.table, stack.output('JobTableName'), began);

test('many orders of two owners at once, with a wrong key for a while', async () => {
  await stack.put('FrameBucketName', 'frame.jpg', frame);
  const numbers = Array.from({ length: EACH }, (_, index) => index);
  await Promise.all(
    numbers.map(async (number) => {
      // Two cores do not start forty functions at once.
      await sleep(200 * number);
      await stack.put('InboxBucketName', `drop-${number}.jpg`, frame, { prompt: `Dropped ${number}.` });
    }),
  );
  const left = numbers.slice(URGENT);
  const accepted = [1, 2, 3, 4].map(async () => {
    for (let number = left.shift(); number !== undefined; number = left.shift())
      await order(`Ordered ${number}.`);
  });

  await until(() => ledger().tasks.length >= 10, 240);
  await script('POST', ['401']);
  const killed = await killOneThatWaits();
  await sleep(12_000);
  const whileCircuitOpen = ledger().submitLog.filter(({ status }) => status === 401);
  await script('DELETE');
  const { status } = await stack.call('POST', '/providers/simulated/resume');
  expect(status).toBe(200);

  await Promise.all(accepted);

  // What is urgent comes late, and is next all the same.
  await Promise.all(
    numbers.slice(0, URGENT).map((number) => order(`Urgent ${number}.`, { priority: 'high' })),
  );

  await until(async () => (await jobs()).filter(isEnded).length === 2 * EACH, 800);
  const states = await jobs();
  expect(states.map((state) => state.status)).toEqual(Array(2 * EACH).fill('succeeded'));

  // The one whose workflow was killed went on in another run, at its place.
  expect(states.find(({ jobId }) => jobId === killed)).toMatchObject({ run: 2 });

  // Ordered once, in peace.
  const { tasks, submitLog, peakInFlight } = ledger();
  expect(new Set(tasks.map(({ prompt }) => prompt)).size).toBe(2 * EACH);
  expect(tasks).toHaveLength(2 * EACH);
  expect(peakInFlight).toBeLessThanOrEqual(MAX_IN_FLIGHT);
  expect(submitLog.filter((submit) => submit.status === 429)).toEqual([]);
  const times = submitLog.map(({ at }) => Date.parse(at)).sort((one, other) => one - other);
  for (const [index, time] of times.entries())
    expect((times[index + PER_MINUTE] ?? Number.POSITIVE_INFINITY) - time).toBeGreaterThan(60_000);

  // A wrong key failed nobody: those that were under way, then one probe at a time.
  expect(whileCircuitOpen.length).toBeGreaterThan(0);
  expect(whileCircuitOpen.length).toBeLessThanOrEqual(MAX_IN_FLIGHT);

  const timelines = await Promise.all(states.map(({ jobId }) => stack.job(jobId)));
  const told = timelines.flatMap((job) =>
    (job?.events ?? []).filter(({ type }) => type === 'Video Job Needs Attention'),
  );
  expect(told).toHaveLength(1);

  // Only a priority goes before what the same owner ordered earlier.
  const prompts = tasks.map(({ prompt }) => prompt);
  const lastUrgent = prompts.findLastIndex((prompt) => prompt.startsWith('Urgent'));
  expect(prompts.slice(lastUrgent).filter((prompt) => prompt.startsWith('Ordered'))).not.toEqual([]);

  // Neither owner had to wait for the other to be done: of those in the middle each has a fair share.
  const middle = states
    .toSorted((one, other) => ((one.submittedAt ?? '') < (other.submittedAt ?? '') ? -1 : 1))
    .slice(EACH / 2, -EACH / 2);
  const dropped = middle.filter(({ owner }) => owner === 'drop').length;
  expect(dropped).toBeGreaterThanOrEqual(EACH / 4);
  expect(dropped).toBeLessThanOrEqual(EACH - EACH / 4);

  expect(await placesOf('SLOT#simulated')).toEqual([]);
  expect(await placesOf('QUEUE#simulated')).toEqual([]);
}, 1_300_000);
