import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { isEnded, type JobState } from '../../core/job.ts';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import { environmentFor } from '../../local/cloud-access.ts';
import { findJobsSince, readJob } from '../../local/job-reader.ts';
import { signedFetch } from '../../local/signed-fetch.ts';
import { freePort } from '../support/free-port.ts';

// Budgets and failover on the real template with IAM enforced. What we say was spent is compared with what the gateway charged.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
const folder = mkdtempSync(join(tmpdir(), 'startframe-budget-'));
const FAST = 'veo-3.1-fast-generate-preview';
const CALLER = '000000000000:root';
let cloud: LocalCloud;
let began: string;

beforeAll(async () => {
  cloud = await startLocalCloud({
    port: await freePort(),
    baseFolder: folder,
    waitScale: 0.05,
    simulated: { seconds: 1 },
    providerSettings: { firstWaitSeconds: 20, pollStepSeconds: 20 },
    stageSettings: {
      admins: [CALLER],
      // Two fast videos of 8 s for drops; by HTTP one at a time.
      budgets: { owners: { drop: { dailyDollars: 1.6 }, [CALLER]: { dailyDollars: 4.8 } } },
      failover: { alternatives: [{ provider: 'simulated-gemini', model: FAST }] },
    },
  });
  began = new Date().toISOString();
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

const Answer = z.looseObject({ jobId: z.string() });
const post = async (path: string, body: unknown): Promise<string> => {
  const answer = await signedFetch(cloud.access, new URL(`${output('ApiUrl')}${path}`), {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return Answer.parse(await answer.json()).jobId;
};

const until = async <Found>(look: () => Promise<Found | undefined>, seconds = 60): Promise<Found> => {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(250);
  }
  throw new Error(`It did not come within ${seconds} s.`);
};
const ended = (jobId: string): Promise<JobState> =>
  until(async () => {
    const job = await readJob(cloud.clients.table, output('JobTableName'), jobId);
    return job && isEnded(job.state) ? job.state : undefined;
  });

const Spent = z.object({
  models: z.array(z.looseObject({ model: z.string(), videos: z.number(), micros: z.number() })),
  total: z.object({ videos: z.number(), micros: z.number(), atStakeMicros: z.number() }),
  committedMicros: z.number().optional(),
});
/** What `npm run spend` says. */
const spent = (owner: string, day: string): z.infer<typeof Spent> => {
  const command = [
    'cli/spend.ts',
    '--table',
    output('JobTableName'),
    '--owner',
    owner,
    '--day',
    day,
    '--json',
  ];
  const text = execFileSync(process.execPath, command, {
    cwd: join(__dirname, '../..'),
    env: environmentFor(cloud.access, process.env),
    encoding: 'utf8',
  });
  return Spent.parse(JSON.parse(text));
};

let day: string;

it('of four drops two fit: two are made, two say when they fit, and nothing more was ordered', async () => {
  await Promise.all(
    [1, 2, 3, 4].map((number) =>
      cloud.clients.s3.send(
        new PutObjectCommand({ Bucket: output('InboxBucketName'), Key: `boat-${number}.jpg`, Body: frame }),
      ),
    ),
  );
  const states = await until(async () => {
    const jobs = await findJobsSince(cloud.clients.table, output('JobTableName'), began);
    return jobs.length === 4 && jobs.every(isEnded) ? jobs : undefined;
  }, 90);
  const made = states.filter(({ status }) => status === 'succeeded');
  const refused = states.filter(({ status }) => status === 'failed');
  expect([made.length, refused.length]).toEqual([2, 2]);
  for (const { failure, costMicros } of refused) {
    expect(failure).toMatchObject({ code: 'BUDGET_EXCEEDED', charged: 'no' });
    expect(failure?.message).toMatch(/\$0\.80.*\$1\.60.*It fits from \d{4}-\d\d-\d\d, 00:00 UTC, on\./);
    expect(costMicros).toBeUndefined();
  }
  day = made[0]?.reserved?.day ?? '';
  expect(cloud.gateway?.ledger()).toMatchObject({ submits: 2, chargedMicros: 1_600_000 });
}, 120_000);

it('a raised limit and a redrive make one more, and the limit holds again', async () => {
  await cloud.clients.table.send(
    new PutCommand({
      TableName: output('JobTableName'),
      Item: { pk: 'OWNER#drop', sk: 'LIMITS', dailyDollars: 2.4 },
    }),
  );
  const jobs = await findJobsSince(cloud.clients.table, output('JobTableName'), began);
  const refused = jobs.filter(({ status }) => status === 'failed').map(({ jobId }) => jobId);
  await Promise.all(refused.map((jobId) => post(`/jobs/${jobId}/redrive`, {})));
  const states = await Promise.all(
    refused.map((jobId) =>
      until(async () => {
        const job = await readJob(cloud.clients.table, output('JobTableName'), jobId);
        return job && job.state.run === 2 && isEnded(job.state) ? job.state : undefined;
      }),
    ),
  );
  expect(states.map(({ status }) => status).sort()).toEqual(['failed', 'succeeded']);
}, 120_000);

it('what Google filters gives back; of what came in part only that is taken', async () => {
  const google = { provider: 'simulated-gemini', model: FAST };
  const filtered = await ended(await post('/jobs', { ...google, prompt: 'Filtered. [[fault:filtered]]' }));
  expect(filtered).toMatchObject({
    status: 'failed',
    failure: { code: 'CONTENT_FILTERED', charged: 'no' },
    reserved: { day: expect.any(String), micros: 0 },
  });
  expect(spent(CALLER, filtered.reserved?.day ?? '')).toMatchObject({ committedMicros: 0, models: [] });
  const inPart = { ...google, videoCount: 3, prompt: 'Two of three. [[fault:partial]]' };
  expect(await ended(await post('/jobs', inPart))).toMatchObject({
    status: 'succeeded',
    priceMicros: 2_400_000,
    costMicros: 1_600_000,
    reserved: { micros: 1_600_000 },
  });
}, 120_000);

it('a model that is gone is made elsewhere, and record, timeline and manifest say so', async () => {
  const jobId = await post('/jobs', { provider: 'simulated', prompt: 'Gone. [[fault:retired-404(1)]]' });
  const state = await ended(jobId);
  const movedFrom = [{ provider: 'simulated', model: 'veo3.1-fast', why: 'ModelRetired' }];
  expect(state).toMatchObject({ status: 'succeeded', provider: 'simulated-gemini', model: FAST, movedFrom });
  const job = await readJob(cloud.clients.table, output('JobTableName'), jobId);
  expect(job?.events.map(({ type }) => type)).toEqual([
    'Video Job Accepted',
    'Video Job Moved',
    'Video Job Submitted',
    'Video Job Succeeded',
  ]);
  const { Body } = await cloud.clients.s3.send(
    new GetObjectCommand({
      Bucket: output('VideoBucketName'),
      Key: state.outputKey.replace(/\.mp4$/, '.job.json'),
    }),
  );
  expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({
    request: { provider: 'simulated', model: 'veo3.1-fast' },
    provider: { id: 'simulated-gemini', model: FAST, movedFrom },
  });
}, 120_000);

it('what we say was spent is what the gateway charged, and what is taken of the budgets', () => {
  const ours = [spent('drop', day), spent(CALLER, day)];
  const sum = ours.reduce((micros, { total }) => micros + total.micros, 0);
  expect(sum).toBe(cloud.gateway?.ledger().chargedMicros);
  expect(ours.map(({ committedMicros }) => committedMicros)).toEqual(ours.map(({ total }) => total.micros));
  expect(ours.map(({ total }) => [total.videos, total.atStakeMicros])).toEqual([
    [3, 0],
    [3, 0],
  ]);
});
