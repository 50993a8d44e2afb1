import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { isEnded, type JobState } from '../../core/jobs/job.ts';
import { withoutAws } from '../../local/cloud-access.ts';
import { findJobsSince } from '../../local/job-reader.ts';
import { TestStack } from '../support/clouds/test-stack.ts';

// Budgets and failover on the real template with IAM enforced. What we say was spent is compared with what the gateway charged.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
const FAST = 'veo-3.1-fast-generate-preview';
const CALLER = 'key:buyer';
/** The prompt of all drops, which says whose they are. */
const DROPPED = 'A boat within the budget.';
let stack: TestStack;
let opsKey: string;
let ops: TestStack;
let began: string;

beforeAll(async () => {
  const keys = await TestStack.join('keys');
  stack = keys.as({ apiKey: keys.newKey('buyer') });
  opsKey = keys.newKey('ops');
  ops = keys.as({ apiKey: opsKey });
  began = new Date().toISOString();
}, 300_000);
afterAll(() => stack?.leave());

const ended = async (jobId: string, seconds = 60): Promise<JobState> =>
  (await stack.until(jobId, ({ state }) => isEnded(state), seconds)).state;

const dropsSoFar = async (): Promise<JobState[]> =>
  (await findJobsSince(stack.clients.table, stack.output('JobTableName'), began)).filter(
    ({ owner }) => owner === 'drop',
  );

const Spent = z.object({
  days: z.array(z.looseObject({ model: z.string(), videos: z.number(), costMicros: z.number() })),
  total: z.object({ videos: z.number(), costMicros: z.number(), atStakeMicros: z.number() }),
});
// Not the synchronous one: in a run of this file alone the functions reach the cloud through this process.
const runFile = promisify(execFile);

/** What `startframe spend` says. */
const spent = async (owner: string, day: string): Promise<z.infer<typeof Spent>> => {
  const of = ['--owner', owner, '--day', day, '--json', '--outputs', stack.cloud.outputsFile];
  const cli = join(__dirname, '../../cli/main.ts');
  const { stdout } = await runFile(process.execPath, [cli, 'spend', ...of], {
    env: { ...withoutAws(process.env), STARTFRAME_API_KEY: opsKey },
  });
  return Spent.parse(JSON.parse(stdout));
};
/** What is taken of the budget, by open orders too. */
const committed = async (owner: string, day: string): Promise<unknown> => {
  const { Item } = await stack.clients.table.send(
    new GetCommand({
      TableName: stack.output('JobTableName'),
      Key: { pk: `BUDGET#${owner}#${day}`, sk: 'DAY' },
    }),
  );
  return Item?.committedMicros;
};

/** What the gateway charged for such prompts. */
const charged = async (prompts: readonly string[]): Promise<number> => {
  const tasks = await stack.ordered((prompt) => prompts.some((start) => prompt.startsWith(start)));
  return tasks.reduce((micros, { chargedMicros }) => micros + chargedMicros, 0);
};

let day: string;

it('of four drops two fit: two are made, two say when they fit, and nothing more was ordered', async () => {
  await Promise.all(
    [1, 2, 3, 4].map((number) =>
      stack.put('InboxBucketName', `boat-${number}.jpg`, frame, { prompt: DROPPED }),
    ),
  );
  let states: JobState[] = [];
  for (let tries = 0; tries < 180 && !(states.length === 4 && states.every(isEnded)); tries += 1) {
    await sleep(500);
    states = await dropsSoFar();
  }
  const made = states.filter(({ status }) => status === 'succeeded');
  const refused = states.filter(({ status }) => status === 'failed');
  expect([made.length, refused.length]).toEqual([2, 2]);
  for (const { failure, costMicros } of refused) {
    expect(failure).toMatchObject({ code: 'BUDGET_EXCEEDED', charged: 'no' });
    expect(failure?.message).toMatch(/\$0\.80.*\$1\.60.*It fits from \d{4}-\d\d-\d\d, 00:00 UTC, on\./);
    expect(costMicros).toBeUndefined();
  }
  day = made[0]?.reserved?.day ?? '';
  const { submitLog } = await stack.ledger();
  expect(submitLog.filter(({ prompt }) => prompt === DROPPED)).toHaveLength(2);
  expect(await charged([DROPPED])).toBe(1_600_000);
}, 120_000);

it('a raised limit and a redrive make one more, and the limit holds again', async () => {
  await stack.clients.table.send(
    new PutCommand({
      TableName: stack.output('JobTableName'),
      Item: { pk: 'OWNER#drop', sk: 'LIMITS', dailyDollars: 2.4 },
    }),
  );
  const refused = (await dropsSoFar()).filter(({ status }) => status === 'failed').map(({ jobId }) => jobId);
  await Promise.all(refused.map((jobId) => ops.call('POST', `/jobs/${jobId}/redrive`, {})));
  const again = await Promise.all(
    refused.map((jobId) => stack.until(jobId, ({ state }) => state.run === 2 && isEnded(state))),
  );
  const states = again.map(({ state }) => state);
  expect(states.map(({ status }) => status).sort()).toEqual(['failed', 'succeeded']);
}, 120_000);

it('what Google filters gives back; of what came in part only that is taken', async () => {
  const google = { provider: 'simulated-gemini', model: FAST };
  const filtered = await ended(await stack.order({ ...google, prompt: 'Filtered. [[fault:filtered]]' }));
  expect(filtered).toMatchObject({
    status: 'failed',
    failure: { code: 'CONTENT_FILTERED', charged: 'no' },
    reserved: { day: expect.any(String), micros: 0 },
  });
  const filteredOn = filtered.reserved?.day ?? '';
  expect(await spent(CALLER, filteredOn)).toMatchObject({
    total: { videos: 0, costMicros: 0, atStakeMicros: 0 },
  });
  expect(await committed(CALLER, filteredOn)).toBe(0);
  const inPart = { ...google, videoCount: 3, prompt: 'Two of three. [[fault:partial]]' };
  expect(await ended(await stack.order(inPart))).toMatchObject({
    status: 'succeeded',
    priceMicros: 2_400_000,
    costMicros: 1_600_000,
    reserved: { micros: 1_600_000 },
  });
}, 120_000);

it('a model that is gone is made elsewhere, and record, timeline and manifest say so', async () => {
  const jobId = await stack.order({ provider: 'simulated', prompt: 'Gone. [[fault:retired-404(1)]]' });
  const state = await ended(jobId);
  const movedFrom = [{ provider: 'simulated', model: 'veo3.1-fast', why: 'ModelRetired' }];
  expect(state).toMatchObject({ status: 'succeeded', provider: 'simulated-gemini', model: FAST, movedFrom });
  const job = await stack.job(jobId);
  expect(job?.events.map(({ type }) => type)).toEqual([
    'Video Job Accepted',
    'Video Job Moved',
    'Video Job Submitted',
    'Video Job Succeeded',
  ]);
  expect(await stack.manifest(state.outputKey)).toMatchObject({
    request: { provider: 'simulated', model: 'veo3.1-fast' },
    provider: { id: 'simulated-gemini', model: FAST, movedFrom },
  });
}, 120_000);

it('a job that waits when its provider is parked is made elsewhere, for the same money', async () => {
  const narrow = { provider: 'narrow' };
  // The one takes the slot; the next finds the quota used up and leaves; of the third nobody has been asked yet.
  const first = await stack.order({ ...narrow, prompt: 'First. [[fault:late(12s)]]' });
  await stack.until(first, ({ state }) => state.slot !== undefined);
  const second = await stack.order({ ...narrow, prompt: 'Second. [[fault:429-day(1)]]' });
  // Workflows start side by side: only a job in the queue is before a later one.
  await stack.until(second, ({ state }) => state.status === 'queued');
  const third = await stack.order({ ...narrow, prompt: 'Third.' });
  for (const [jobId, why] of [
    [second, 'ProviderQuotaExhausted'],
    [third, 'CircuitOpen'],
  ] as const)
    expect(await ended(jobId, 150)).toMatchObject({
      status: 'succeeded',
      provider: 'simulated-gemini',
      movedFrom: [{ provider: 'narrow', why }],
      costMicros: 800_000,
      reserved: { micros: 800_000 },
    });
  expect(await ended(first)).toMatchObject({ status: 'succeeded', provider: 'narrow' });
  expect(await stack.ordered('Third.')).toHaveLength(1);
}, 300_000);

it('what we say was spent is what the gateway charged, and what is taken of the budgets', async () => {
  const ours = await Promise.all([spent('drop', day), spent(CALLER, day)]);
  const sum = ours.reduce((micros, { total }) => micros + total.costMicros, 0);
  expect(sum).toBe(
    await charged([DROPPED, 'Filtered.', 'Two of three.', 'Gone.', 'First.', 'Second.', 'Third.']),
  );
  const taken = await Promise.all([committed('drop', day), committed(CALLER, day)]);
  expect(taken).toEqual(ours.map(({ total }) => total.costMicros));
  expect(ours.map(({ total }) => [total.videos, total.atStakeMicros])).toEqual([
    [3, 0],
    [6, 0],
  ]);
});
