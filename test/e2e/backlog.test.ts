import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { isEnded, type JobState } from '../../core/jobs/job.ts';
import { findJobsSince } from '../../local/job-reader.ts';
import { CROWDED } from '../support/clouds/groups.ts';
import type { Ledger } from '../support/clouds/joined-cloud.ts';
import { TestStack } from '../support/clouds/test-stack.ts';

// More videos of two owners than the provider takes at once, by the real template on the local cloud with IAM enforced. Two hundred
// of them, in virtual time: test/integration/simulation/backlog.test.ts.

const EACH = 10;
const URGENT = 2;
const PROVIDER = 'crowded';
const QUEUE = `QUEUE#${PROVIDER}`;
const SLOTS = `SLOT#${PROVIDER}`;

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
let stack: TestStack;
let began: string;

beforeAll(async () => {
  stack = await TestStack.join('rough', { role: 'crowd' });
  await stack.put('FrameBucketName', 'crowd.jpg', frame);
  began = new Date().toISOString();
}, 300_000);
afterAll(() => stack?.leave());

const isOurs = (prompt = ''): boolean => /^Crowd: /.test(prompt);
const tasks = (): Promise<Ledger['tasks']> => stack.ordered(isOurs);
const submits = async (): Promise<Ledger['submitLog']> =>
  (await stack.ledger()).submitLog.filter(({ prompt }) => isOurs(prompt));

/** As a client does that loses an answer on a busy machine: it says the same again. */
const order = async (prompt: string, more: Record<string, unknown> = {}): Promise<void> => {
  const source = { s3Uri: `s3://${stack.output('FrameBucketName')}/crowd.jpg` };
  const body = { frame: source, provider: PROVIDER, prompt: `Crowd: ${prompt}`, ...more };
  await until(async () => {
    const { status } = await stack.call('POST', '/jobs', body, { 'idempotency-key': prompt });
    if (status >= 400 && status < 500) throw new Error(`Not ordered: ${status}`);
    return status === 202;
  }, 120);
};

const script = (method: 'POST' | 'DELETE', rule?: object): Promise<Response> =>
  fetch(`${stack.cloud.gatewayUrl}/_gateway/script`, {
    method,
    ...(rule ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(rule) } : {}),
  });

const Place = z.object({ jobId: z.string(), sk: z.string() });
const placesOf = async (pk: string): Promise<z.infer<typeof Place>[]> => {
  const { Items = [] } = await stack.clients.table.send(
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
  const { jobId } = Place.parse((await placesOf(QUEUE)).at(-1));
  const machine = stack.output('StateMachineArn').replace(':stateMachine:', ':execution:');
  const sfn = new SFNClient(stack.cloud.access);
  await sfn.send(new StopExecutionCommand({ executionArn: `${machine}:${jobId}-1` }));
  return jobId;
};

const jobs = async (): Promise<JobState[]> =>
  (await findJobsSince(stack.clients.table, stack.output('JobTableName'), began)).filter(
    ({ provider }) => provider === PROVIDER,
  );

/** The most tasks that the gateway had in hand at one time. */
const peakInFlight = (made: Ledger['tasks']): number =>
  Math.max(
    ...made.map(
      ({ createdAt }) => made.filter((one) => one.createdAt <= createdAt && createdAt < one.dueAt).length,
    ),
  );

test('many orders of two owners at once, with a wrong key for a while', async () => {
  const numbers = Array.from({ length: EACH }, (_, index) => index);
  await Promise.all(
    numbers.map(async (number) => {
      // Two cores do not start forty functions at once.
      await sleep(200 * number);
      const said = { prompt: `Crowd: dropped ${number}.`, provider: PROVIDER };
      await stack.put('InboxBucketName', `crowd-${number}.jpg`, frame, said);
    }),
  );
  const left = numbers.slice(URGENT);
  const accepted = [1, 2].map(async () => {
    for (let number = left.shift(); number !== undefined; number = left.shift())
      await order(`ordered ${number}.`);
  });

  await until(async () => (await tasks()).length >= 3 && (await placesOf(QUEUE)).length > 3, 120);
  await script('POST', { match: 'Crowd: ', faults: ['401'] });
  const killed = await killOneThatWaits();
  const isRefused = async () => (await submits()).filter(({ status }) => status === 401);
  await until(async () => (await isRefused()).length > 0, 60);
  // Without a circuit a submit would leave every second.
  await sleep(6000);
  const whileCircuitOpen = await isRefused();
  await script('DELETE');
  const { status } = await stack.call('POST', `/providers/${PROVIDER}/resume`);
  expect(status).toBe(200);

  await Promise.all(accepted);

  // What is urgent comes late, and is next all the same.
  await Promise.all(
    numbers.slice(0, URGENT).map((number) => order(`urgent ${number}.`, { priority: 'high' })),
  );

  await until(async () => (await jobs()).filter(isEnded).length === 2 * EACH, 240);
  const states = await jobs();
  expect(states.map((state) => state.status)).toEqual(Array(2 * EACH).fill('succeeded'));

  // The one whose workflow was killed went on in another run, at its place.
  expect(states.find(({ jobId }) => jobId === killed)).toMatchObject({ run: 2 });

  // Ordered once, in peace.
  const made = await tasks();
  const submitLog = await submits();
  expect(new Set(made.map(({ prompt }) => prompt)).size).toBe(2 * EACH);
  expect(made).toHaveLength(2 * EACH);
  expect(peakInFlight(made)).toBeLessThanOrEqual(CROWDED.maxInFlight);
  expect(submitLog.filter((submit) => submit.status === 429)).toEqual([]);
  // A submit arrives at most 6 s after its time, and times are so far apart that no minute has more than it may.
  const times = submitLog.map(({ at }) => Date.parse(at)).sort((one, other) => one - other);
  const apartMs = 66_000 / CROWDED.perMinute;
  for (const [index, time] of times.entries())
    for (const [distance, later] of times.slice(index).entries())
      expect(later - time).toBeGreaterThan(distance * apartMs - 6000);

  // A wrong key failed nobody: those that were under way, then one probe at a time.
  expect(whileCircuitOpen.length).toBeGreaterThan(0);
  expect(whileCircuitOpen.length).toBeLessThanOrEqual(CROWDED.maxInFlight);

  const timelines = await Promise.all(states.map(({ jobId }) => stack.job(jobId)));
  const told = timelines.flatMap((job) =>
    (job?.events ?? []).filter(({ type }) => type === 'Video Job Needs Attention'),
  );
  expect(told).toHaveLength(1);

  // Only a priority goes before what the same owner ordered earlier.
  const prompts = made.map(({ prompt }) => prompt);
  const lastUrgent = prompts.findLastIndex((prompt) => prompt.startsWith('Crowd: urgent'));
  expect(prompts.slice(lastUrgent).filter((prompt) => prompt.startsWith('Crowd: ordered'))).not.toEqual([]);

  // Neither owner had to wait for the other to be done: of those in the middle each has a fair share.
  const middle = states
    .toSorted((one, other) => ((one.submittedAt ?? '') < (other.submittedAt ?? '') ? -1 : 1))
    .slice(EACH / 2, -EACH / 2);
  const dropped = middle.filter(({ owner }) => owner === 'drop').length;
  expect(dropped).toBeGreaterThanOrEqual(EACH / 4);
  expect(dropped).toBeLessThanOrEqual(EACH - EACH / 4);

  expect(await placesOf(SLOTS)).toEqual([]);
  expect(await placesOf(QUEUE)).toEqual([]);
}, 500_000);
