import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { BatchJobs, BatchView } from '../../core/api/batch-view.ts';
import { TestStack } from '../support/clouds/test-stack.ts';

// The real template on the local cloud with IAM enforced: the API, the queue, expand-batch, and the workflow of each job.
let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.join('calm', { role: 'batches' });
  const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
  await stack.put('FrameBucketName', 'frame.jpg', frame);
}, 300_000);
afterAll(() => stack?.leave());

const create = async (body: unknown, headers: Record<string, string> = {}): Promise<BatchView> => {
  const answer = await stack.call('POST', '/batches', body, headers);
  expect(answer).toMatchObject({ status: 202 });
  return BatchView.parse(answer.body);
};
const show = async (batchId: string): Promise<BatchView> =>
  BatchView.parse((await stack.call('GET', `/batches/${batchId}`)).body);
const until = async (batchId: string, status: BatchView['status']): Promise<BatchView> => {
  const deadline = Date.now() + 240_000;
  for (;;) {
    const batch = await show(batchId);
    if (batch.status === status) return batch;
    if (Date.now() > deadline) throw new Error(`Not ${status} within 240 s: ${JSON.stringify(batch)}`);
    await sleep(500);
  }
};

/** Forty rows of which each tenth names no model that is there, and one has a cell too few. */
const rows = (bucket: string): string =>
  [
    'frame,prompt,model,campaign',
    ...Array.from({ length: 40 }, (_, index) => {
      const line = index + 2;
      if (line === 7) return 'too,few';
      return `s3://${bucket}/frame.jpg,"Batch row ${line}, a boat.",${line % 10 === 0 ? 'nope' : ''},spring`;
    }),
  ].join('\r\n');
const badLines = [7, 10, 20, 30, 40];

it('forty rows of CSV become a video each, but for the bad ones, which are named by line', async () => {
  await stack.put('FrameBucketName', 'manifests/rows.csv', rows(stack.output('FrameBucketName')));
  const headers = { 'idempotency-key': 'forty' };
  const body = { manifest: { key: 'manifests/rows.csv' } };
  const { batchId } = await create(body, headers);
  expect((await create(body, headers)).batchId).toBe(batchId);
  const batch = await until(batchId, 'finished');
  expect(batch.counts).toEqual({ rows: 40, accepted: 35, refused: 5, jobs: { succeeded: 35 } });
  expect(batch.refusedRows?.map(({ line }) => line)).toEqual(badLines);

  // Each row was ordered once, whatever was sent twice.
  const ordered = (await stack.ordered('Batch row')).map(({ prompt }) => /row (\d+)/.exec(prompt)?.[1]);
  const good = Array.from({ length: 40 }, (_, index) => index + 2).filter((line) => !badLines.includes(line));
  expect(ordered.sort()).toEqual(good.map(String).sort());

  const { jobs } = BatchJobs.parse((await stack.call('GET', `/batches/${batchId}/jobs`)).body);
  expect(jobs.map(({ line }) => line)).toEqual(good);
  const job = await stack.call('GET', `/jobs/${jobs[0]?.jobId}`);
  expect(job.body).toMatchObject({
    status: 'succeeded',
    batch: { batchId, line: 2 },
    metadata: { campaign: 'spring' },
    video: { key: expect.stringContaining(`${jobs[0]?.jobId}.mp4`) },
  });
}, 300_000);

it('orders in a body become jobs, and a bad one of them is refused by its place', async () => {
  const { batchId } = await create({
    jobs: [{ prompt: 'In a body, one.' }, { prompt: 'In a body, two.', model: 'nope' }, 'nonsense'],
  });
  const batch = await until(batchId, 'finished');
  expect(batch.counts).toMatchObject({ rows: 3, accepted: 1, refused: 2, jobs: { succeeded: 1 } });
  expect(batch.refusedRows?.map(({ line }) => line)).toEqual([2, 3]);
  expect(await stack.ordered('In a body')).toHaveLength(1);
}, 120_000);

it('a manifest that cannot be used fails its batch with the reason, and nothing is ordered', async () => {
  await stack.put('FrameBucketName', 'manifests/latin.csv', Buffer.from('prompt\nsch\xf6n\n', 'latin1'));
  const { batchId } = await create({ manifest: { key: 'manifests/latin.csv' } });
  expect(await until(batchId, 'failed')).toMatchObject({
    failure: { code: 'MANIFEST_NOT_UTF8', message: expect.stringContaining('Line 2') },
    counts: { accepted: 0 },
  });
  const missing = await stack.call('POST', '/batches', { manifest: { key: 'manifests/nope.csv' } });
  expect(missing).toMatchObject({ status: 400, body: { title: 'INVALID_PARAMETERS' } });
  expect(z.looseObject({ detail: z.string() }).parse(missing.body).detail).toContain('no such object');
}, 60_000);
