import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { BatchJobs, BatchView } from '../../../../core/api/batch-view.ts';
import { Problem } from '../../../../core/api/problem.ts';
import { batchJobId } from '../../../../core/kernel/ids.ts';
import type { handler as Expand } from '../../../../lambdas/expand-batch.ts';
import { type Api, loadApi } from '../../../support/api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { buckets, startAws, type TestAws } from '../../../support/aws.ts';
import { itemsOf, putItem } from '../../../support/job-items.ts';
import { runtimeSettings } from '../../../support/jobs.ts';
import { context, sqsMessage } from '../../../support/lambda.ts';

let aws: TestAws;
let handler: Api;
let expandBatch: typeof Expand;

beforeAll(async () => {
  aws = await startAws(
    runtimeSettings({ admins: ['111122223333:role/OnCall'], batches: { rowsPerSecond: 200 } }),
  );
  handler = await loadApi();
  ({ handler: expandBatch } = await import('../../../../lambdas/expand-batch.ts'));
}, 120_000);
afterAll(() => aws.stop());

const shop = 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc';
const stranger = 'arn:aws:iam::111122223333:user/somebody';
const admin = 'arn:aws:sts::111122223333:assumed-role/OnCall/ann';

const call = async (
  route: string,
  { userArn = shop, ...options }: Parameters<typeof apiEvent>[1] & { userArn?: string } = {},
) => handler(apiEvent(route, { ...options, authorizer: signedBy(userArn) }), context);
/** The answer's body, exactly by the schema of the route. */
const read = <Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape>,
  answer: APIGatewayProxyStructuredResultV2,
) => z.strictObject(schema.shape).parse(JSON.parse(answer.body ?? ''));

const post = (body: unknown, options: { headers?: Record<string, string>; userArn?: string } = {}) =>
  call('POST /batches', { body: JSON.stringify(body), ...options });
const create = async (body: unknown, headers: Record<string, string> = {}) => {
  const answer = await post(body, { headers });
  expect(answer.statusCode).toBe(202);
  return read(BatchView, answer);
};
const show = async (id: string, query: Record<string, string> = {}) =>
  read(BatchView, await call('GET /batches/{id}', { params: { id }, query }));
const expand = (batchId: string) =>
  expandBatch(
    { Records: [sqsMessage(JSON.stringify({ batchId }))] },
    { ...context, getRemainingTimeInMillis: () => 60_000 },
  );
const problemOf = (answer: APIGatewayProxyStructuredResultV2) => {
  const problem = read(Problem, answer);
  expect(answer.statusCode).toBe(problem.status);
  return problem;
};
const order = (index: number) => ({ prompt: `Row ${index}.` });

describe('POST /batches', () => {
  it('takes orders, and expand-batch is told', async () => {
    const answer = await post({ jobs: [order(1), { nonsense: 1 }, order(3)] });
    expect(answer.statusCode).toBe(202);
    const batch = read(BatchView, answer);
    expect(answer.headers).toMatchObject({ location: `batches/${batch.batchId}` });
    expect(batch).toMatchObject({
      status: 'accepted',
      owner: '111122223333:role/Shop',
      counts: { rows: 3, accepted: 0, refused: 0, jobs: {} },
    });
    const { Messages = [] } = await new SQSClient({}).send(
      new ReceiveMessageCommand({ QueueUrl: process.env.BATCH_QUEUE_URL, MaxNumberOfMessages: 10 }),
    );
    expect(Messages.map(({ Body }) => Body)).toContain(JSON.stringify({ batchId: batch.batchId }));
    await expand(batch.batchId);
    expect(await show(batch.batchId)).toMatchObject({
      status: 'running',
      counts: { rows: 3, accepted: 2, refused: 1, jobs: { accepted: 2 } },
      refusedRows: [{ line: 2, errors: [{ message: expect.stringContaining('nonsense') }] }],
    });
  });

  it('takes a manifest of the frames bucket', async () => {
    await aws.put('manifests/rows.csv', 'prompt\nA\nB\n', {}, buckets.frames);
    for (const manifest of [
      { key: 'manifests/rows.csv' },
      { s3Uri: `s3://${buckets.frames}/manifests/rows.csv` },
    ]) {
      const batch = await create({ manifest });
      expect(batch.counts).toEqual({ accepted: 0, refused: 0, jobs: {} });
      await expand(batch.batchId);
      expect((await show(batch.batchId)).counts).toMatchObject({ rows: 2, accepted: 2 });
    }
  });

  it('is the same batch for the same Idempotency-Key and body, however often and at once', async () => {
    const headers = { 'idempotency-key': 'batch-1' };
    const body = { jobs: [order(1)] };
    const batches = await Promise.all([create(body, headers), create(body, headers), create(body, headers)]);
    const [first] = batches;
    for (const { batchId } of batches) expect(batchId).toBe(first?.batchId);
    await expand(first.batchId);
    expect((await create(body, headers)).batchId).toBe(first.batchId);
    expect((await show(first.batchId)).counts.accepted).toBe(1);
    expect(problemOf(await post({ jobs: [order(2)] }, { headers }))).toMatchObject({
      status: 422,
      title: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect((await post({ jobs: [order(2)] }, { headers, userArn: stranger })).statusCode).toBe(202);
    expect((await create(body)).batchId).not.toBe(first.batchId);
  });

  it('of the same key with two bodies at once keeps to one of them', async () => {
    const headers = { 'idempotency-key': 'batch-2' };
    const bodies = [{ jobs: [order(1)] }, { jobs: [order(1), order(2)] }];
    const answers = await Promise.all(bodies.map((body) => post(body, { headers })));
    const taken = answers.findIndex(({ statusCode }) => statusCode === 202);
    expect(answers[1 - taken]?.statusCode).toBe(422);
    const { batchId } = read(BatchView, answers[taken] ?? {});
    await expand(batchId);
    expect(await show(batchId)).toMatchObject({ counts: { accepted: bodies[taken]?.jobs.length } });
  });

  it('is answered 202 once it is written, also when nobody can be told yet; it is due for the sweeper', async () => {
    const queue = process.env.BATCH_QUEUE_URL;
    process.env.BATCH_QUEUE_URL = `${queue}-gone`;
    const { batchId } = await create({ jobs: [order(1)] });
    process.env.BATCH_QUEUE_URL = queue;
    expect(await itemsOf(`BATCH#${batchId}`)).toMatchObject([
      { status: 'accepted', due: expect.stringContaining('DUE#'), dueAt: expect.any(String) },
    ]);
  });

  it.each([
    ['neither', {}, 'jobs'],
    ['both', { jobs: [order(1)], manifest: { key: 'a' } }, 'manifest'],
    ['no orders', { jobs: [] }, 'jobs'],
    ['too many', { jobs: Array.from({ length: 501 }, () => order(1)) }, '500'],
    ['a manifest that is not there', { manifest: { key: 'nope.csv' } }, 'no such object'],
    ['one elsewhere', { manifest: { s3Uri: `s3://${buckets.inbox}/rows.csv` } }, 'must be in'],
    ['an address', { manifest: { s3Uri: 'https://example.com/rows.csv' } }, 's3://bucket/key'],
  ])('of %s is refused', async (_, body, words) => {
    const problem = problemOf(await post(body));
    expect(problem).toMatchObject({ status: 400, title: 'INVALID_PARAMETERS' });
    expect(JSON.stringify(problem)).toContain(words);
  });

  it('of a manifest that is too large is refused', async () => {
    await aws.put('manifests/large.csv', Buffer.alloc(16_000_001, 'a'), {}, buckets.frames);
    const problem = problemOf(await post({ manifest: { key: 'manifests/large.csv' } }));
    expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining('16000001 bytes') });
  });

  it('of somebody else’s orders is refused as if there were none', async () => {
    const { batchId } = await create({ jobs: [order(1)] });
    const [state] = await itemsOf(`BATCH#${batchId}`);
    const { key } = z.object({ key: z.string() }).parse(state?.manifest);
    expect(problemOf(await post({ manifest: { key } }, { userArn: stranger }))).toMatchObject({
      status: 400,
      detail: expect.stringContaining('no such object'),
    });
  });
});

describe('GET /batches/{id}', () => {
  it('is its owner’s and an admin’s, and nobody else’s', async () => {
    const { batchId: id } = await create({ jobs: [order(1)] });
    for (const route of ['GET /batches/{id}', 'GET /batches/{id}/jobs']) {
      expect((await call(route, { params: { id } })).statusCode).toBe(200);
      expect((await call(route, { params: { id }, userArn: admin })).statusCode).toBe(200);
      const refused = await call(route, { params: { id }, userArn: stranger });
      expect(problemOf(refused)).toMatchObject({ status: 404, title: 'NOT_FOUND' });
      expect(refused.body).toBe(
        (await call(route, { params: { id: 'x' } })).body?.replace('batch x', `batch ${id}`),
      );
    }
  });

  it('shows refused rows page by page, each once', async () => {
    const { batchId } = await create({
      jobs: Array.from({ length: 7 }, (_, index) => (index < 5 ? index : order(1))),
    });
    await expand(batchId);
    const lines: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await show(batchId, { limit: '2', ...(cursor ? { cursor } : {}) });
      lines.push(...(page.refusedRows ?? []).map(({ line }) => line));
      cursor = page.nextCursor;
    } while (cursor);
    expect(lines).toEqual([1, 2, 3, 4, 5]);
  });

  it('lists its jobs with their lines, page by page', async () => {
    const { batchId } = await create({ jobs: [order(1), 7, order(3), order(4)] });
    await expand(batchId);
    const page = async (query: Record<string, string>) =>
      read(BatchJobs, await call('GET /batches/{id}/jobs', { params: { id: batchId }, query }));
    const job = (line: number) => ({ line, jobId: batchJobId(batchId, line), status: 'accepted' });
    const first = await page({ limit: '2' });
    expect(first).toEqual({ jobs: [job(1), job(3)], nextCursor: 'after-3' });
    expect(await page({ limit: '2', cursor: 'after-3' })).toEqual({ jobs: [job(4)] });
    expect((await page({})).jobs).toHaveLength(3);
    const shown = await call('GET /jobs/{id}', { params: { id: batchJobId(batchId, 3) } });
    expect(JSON.parse(shown.body ?? '')).toMatchObject({ batch: { batchId, line: 3 } });
  });

  it('is finished when every job has ended', async () => {
    const { batchId } = await create({ jobs: [order(1), order(2)] });
    await expand(batchId);
    const end = async (line: number, status: string) => {
      const { STATE } = await aws.items(batchJobId(batchId, line));
      await putItem({ ...STATE, status });
    };
    await end(1, 'succeeded');
    expect(await show(batchId)).toMatchObject({
      status: 'running',
      counts: { jobs: { succeeded: 1, accepted: 1 } },
    });
    await end(2, 'submit-unknown');
    expect(await show(batchId)).toMatchObject({ status: 'running' });
    await end(2, 'failed');
    expect(await show(batchId)).toMatchObject({
      status: 'finished',
      counts: { jobs: { succeeded: 1, failed: 1 } },
    });
  });

  it('says why a manifest could not be used', async () => {
    await aws.put('manifests/bad.csv', 'colour\nred', {}, buckets.frames);
    const { batchId } = await create({ manifest: { key: 'manifests/bad.csv' } });
    await expand(batchId);
    expect(await show(batchId)).toMatchObject({ status: 'failed', failure: { code: 'MANIFEST_UNREADABLE' } });
  });

  it.each([
    [{ cursor: 'abc' }, 'cursor'],
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: 'ten' }, 'limit'],
    [{ colour: 'red' }, 'colour'],
  ])('%j is no question', async (query, words) => {
    const problem = problemOf(await call('GET /batches/{id}', { params: { id: 'x' }, query }));
    expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining(words) });
  });
});
