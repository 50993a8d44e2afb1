import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { isEnded } from '../../core/job.ts';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import { findJobByMetadata, type JobSnapshot, readJob } from '../../local/job-reader.ts';
import { signedFetch } from '../../local/signed-fetch.ts';
import { freePort } from '../support/free-port.ts';

// The real template on the local cloud with IAM enforced, and a gateway that allows 5 videos at once and 60 orders a minute. Nothing is
// scaled: send times are times of the clock.

const EACH = 40;
const MAX_IN_FLIGHT = 5;
const PER_MINUTE = 60;

const folder = mkdtempSync(join(tmpdir(), 'startframe-backlog-'));
const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
let cloud: LocalCloud;

beforeAll(async () => {
  cloud = await startLocalCloud({
    port: await freePort(),
    baseFolder: folder,
    simulated: { seconds: 1.5, maxInFlight: MAX_IN_FLIGHT, maxPerMinute: PER_MINUTE },
    providerSettings: {
      maxInFlight: MAX_IN_FLIGHT,
      submitsPerMinute: PER_MINUTE,
      firstWaitSeconds: 1,
      pollStepSeconds: 1,
    },
  });
}, 300_000);

afterAll(async () => {
  await cloud?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const output = (name: string): string => {
  const value = cloud.outputs[name];
  if (value === undefined) throw new Error(`The stack has no output ${name}.`);
  return value;
};

const ledger = () => {
  const shown = cloud.gateway?.ledger();
  if (!shown) throw new Error('The simulated gateway is not ours.');
  return shown;
};

const Order = z.object({ jobId: z.string() });

const drop = async (number: number): Promise<string> => {
  const dropId = randomUUID();
  await cloud.clients.s3.send(
    new PutObjectCommand({
      Bucket: output('InboxBucketName'),
      Key: `drop-${number}.jpg`,
      Body: frame,
      Metadata: { prompt: `Dropped ${number}.`, 'drop-id': dropId },
    }),
  );
  for (let tries = 0; tries < 240; tries += 1) {
    const jobId = await findJobByMetadata(cloud.clients.table, output('JobTableName'), 'drop-id', dropId);
    if (jobId !== undefined) return jobId;
    await sleep(250);
  }
  throw new Error(`Drop ${number} became no job.`);
};

const order = async (number: number): Promise<string> => {
  const answer = await signedFetch(cloud.access, new URL(`${output('ApiUrl')}/jobs`), {
    method: 'POST',
    body: JSON.stringify({
      frame: { s3Uri: `s3://${output('FrameBucketName')}/frame.jpg` },
      prompt: `Ordered ${number}.`,
    }),
  });
  return Order.parse(await answer.json()).jobId;
};

const script = (method: 'POST' | 'DELETE', faults?: string[]): Promise<Response> =>
  fetch(`${cloud.gatewayUrl}/_gateway/script`, {
    method,
    ...(faults ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ faults }) } : {}),
  });

const items = async (pk: string): Promise<unknown[]> => {
  const { Items = [] } = await cloud.clients.table.send(
    new QueryCommand({
      TableName: output('JobTableName'),
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
    }),
  );
  return Items;
};

const untilOrdered = async (count: number): Promise<void> => {
  for (let tries = 0; tries < 400 && ledger().tasks.length < count; tries += 1) await sleep(250);
  expect(ledger().tasks.length).toBeGreaterThanOrEqual(count);
};

const Place = z.object({ jobId: z.string(), sk: z.string() });

/** The last in the queue loses its workflow. */
const killOneThatWaits = async (): Promise<z.infer<typeof Place>> => {
  const last = Place.parse((await items('QUEUE#simulated')).at(-1));
  const machine = output('StateMachineArn').replace(':stateMachine:', ':execution:');
  await new SFNClient(cloud.access).send(
    new StopExecutionCommand({ executionArn: `${machine}:${last.jobId}-1` }),
  );
  return last;
};

const untilAllEnded = async (jobIds: readonly string[]): Promise<JobSnapshot[]> => {
  const ended = new Map<string, JobSnapshot>();
  const deadline = Date.now() + 240_000;
  while (ended.size < jobIds.length && Date.now() < deadline) {
    await sleep(1000);
    for (const jobId of jobIds.filter((id) => !ended.has(id))) {
      const job = await readJob(cloud.clients.table, output('JobTableName'), jobId);
      if (job && isEnded(job.state)) ended.set(jobId, job);
    }
  }
  return [...ended.values()];
};

test('many orders of two owners at once, with a wrong key for a while', async () => {
  await cloud.clients.s3.send(
    new PutObjectCommand({ Bucket: output('FrameBucketName'), Key: 'frame.jpg', Body: frame }),
  );
  const numbers = Array.from({ length: EACH }, (_, index) => index);
  const accepted = Promise.all([...numbers.map(drop), ...numbers.map(order)]);

  await untilOrdered(10);
  await script('POST', ['401']);
  const killed = await killOneThatWaits();
  await sleep(12_000);
  const whileParked = ledger().submitLog.filter(({ status }) => status === 401);
  await script('DELETE');

  const jobs = await untilAllEnded(await accepted);
  expect(jobs.map(({ state }) => state.status)).toEqual(Array(2 * EACH).fill('succeeded'));

  // The one whose workflow was killed went on in another run, at its place.
  expect(jobs.find(({ state }) => state.jobId === killed.jobId)?.state).toMatchObject({ run: 2 });

  // Ordered once, in peace.
  const { tasks, submitLog, peakInFlight } = ledger();
  expect(new Set(tasks.map(({ prompt }) => prompt)).size).toBe(2 * EACH);
  expect(tasks).toHaveLength(2 * EACH);
  expect(peakInFlight).toBeLessThanOrEqual(MAX_IN_FLIGHT);
  expect(submitLog.filter(({ status }) => status === 429)).toEqual([]);
  const times = submitLog.map(({ at }) => Date.parse(at)).sort((one, other) => one - other);
  for (const [index, time] of times.entries())
    expect((times[index + PER_MINUTE] ?? Number.POSITIVE_INFINITY) - time).toBeGreaterThan(60_000);

  // A wrong key failed nobody: those that were under way, then one probe at a time.
  expect(whileParked.length).toBeGreaterThan(0);
  expect(whileParked.length).toBeLessThanOrEqual(MAX_IN_FLIGHT);
  const told = jobs.flatMap(({ events }) =>
    events.filter(({ type }) => type === 'Video Job Needs Attention'),
  );
  expect(told).toHaveLength(1);

  // Neither owner had to wait for the other to be done.
  const owners = jobs
    .toSorted((one, other) => ((one.state.submittedAt ?? '') < (other.state.submittedAt ?? '') ? -1 : 1))
    .map(({ state }) => state.owner);
  expect(new Set(owners.slice(-10)).size).toBe(2);

  expect(await items('SLOT#simulated')).toEqual([]);
  expect(await items('QUEUE#simulated')).toEqual([]);
}, 360_000);
