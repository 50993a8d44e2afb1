import timers from 'node:timers/promises';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { PurgeQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { acceptBatch, BatchState } from '../../../core/batches/batch.ts';
import { batchJobId } from '../../../core/kernel/ids.ts';
import type { handler as Handler } from '../../../lambdas/expand-batch.ts';
import type * as Store from '../../../lambdas/shared/table/batch-store.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { type CrashingProxy, startCrashingProxy } from '../../support/crashing-proxy.ts';
import { itemsOf } from '../../support/job-items.ts';
import { runtimeSettings } from '../../support/jobs.ts';
import { context, sqsMessage } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';

let aws: TestAws;
let handler: typeof Handler;
let store: typeof Store;
let proxy: CrashingProxy;
const sqs = () => new SQSClient({});
const QueueUrl = () => process.env.BATCH_QUEUE_URL ?? '';

beforeAll(async () => {
  aws = await startAws(runtimeSettings({ batches: { rowsPerSecond: 200 } }));
  proxy = await startCrashingProxy(process.env.AWS_ENDPOINT_URL ?? '');
  // A crash is a crash: nobody asks again.
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: proxy.endpoint,
    AWS_MAX_ATTEMPTS: '1',
    BATCH_QUEUE_URL: `${proxy.endpoint}${new URL(QueueUrl()).pathname}`,
  });
  ({ handler } = await import('../../../lambdas/expand-batch.ts'));
  store = await import('../../../lambdas/shared/table/batch-store.ts');
  await aws.put('shoe.png', png(), {}, buckets.frames);
}, 120_000);
afterAll(async () => {
  await proxy.stop();
  await aws.stop();
});
beforeEach(() => proxy.heal());

let count = 0;
/** A batch with this manifest, as the API leaves it. */
const batchOf = async (text: string, changes: Partial<BatchState> = {}): Promise<string> => {
  count += 1;
  const batchId = `batch${count}`;
  const key = `manifests/${batchId}.csv`;
  await aws.put(key, text, {}, buckets.frames);
  const etag = await aws.etag(key, buckets.frames);
  await store.createBatch({
    ...acceptBatch(
      { batchId, owner: 'Shop', requestHash: 'hash', manifest: { bucket: buckets.frames, key, etag } },
      new Date().toISOString(),
    ),
    ...changes,
  });
  return batchId;
};

const message = (batchId: string, receives = 1) => ({
  Records: [sqsMessage(JSON.stringify({ batchId }), receives)],
});
const inTime = { ...context, getRemainingTimeInMillis: () => 60_000 };
const expand = (batchId: string, receives?: number) => handler(message(batchId, receives), inTime);

const stateOf = async (batchId: string): Promise<BatchState> => {
  const items = await itemsOf(`BATCH#${batchId}`);
  return BatchState.parse(items.find(({ sk }) => sk === 'STATE'));
};
const refusedLines = async (batchId: string) =>
  (await itemsOf(`BATCH#${batchId}`))
    .filter(({ sk }) => sk !== 'STATE')
    .map(({ line }) => z.number().parse(line));
const jobsOf = async (batchId: string, lines: readonly number[]) => {
  const found = await Promise.all(
    lines.map(async (line) => ({ line, items: await aws.items(batchJobId(batchId, line)) })),
  );
  return found.filter(({ items }) => items.STATE);
};
const started = async () => {
  const { executions = [] } = await aws.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: aws.stateMachineArn }),
  );
  return executions.map(({ name }) => name);
};
const pause = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
const frame = `s3://${buckets.frames}/shoe.png`;

describe('a batch', () => {
  it('becomes a job for each row that can be used; of the others it says why, by line', async () => {
    const batchId = await batchOf(
      [
        'frame,prompt,duration-seconds,campaign',
        `${frame},A shoe turns.,8,spring`,
        `${frame},"A shoe",5,`,
        `s3://${buckets.frames}/nope.png,A shoe.,8,`,
        ',,,only metadata',
        'too,few',
        `${frame},Another.,,`,
      ].join('\n'),
    );
    await expand(batchId);
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanded', rows: 6, accepted: 2, refused: 4 });
    expect(await stateOf(batchId)).not.toHaveProperty('dueAt');
    const items = await aws.items(batchJobId(batchId, 2));
    expect(items.STATE).toMatchObject({
      owner: 'Shop',
      actor: 'Shop',
      status: 'accepted',
      priceMicros: 800_000,
      batch: { batchId, line: 2 },
      byBatch: batchId,
      batchLine: '000002',
      source: { bucket: buckets.frames, key: 'shoe.png' },
      outputKey: `videos/Shop/${batchJobId(batchId, 2)}.mp4`,
    });
    expect(items.REQUEST).toMatchObject({ metadata: { campaign: 'spring' } });
    expect(items['EVENT#000001']).toMatchObject({ batch: { batchId, line: 2 } });
    expect(await jobsOf(batchId, [2, 3, 4, 5, 6, 7])).toHaveLength(2);
    expect(await started()).toEqual(
      expect.arrayContaining([`${batchJobId(batchId, 2)}-1`, `${batchJobId(batchId, 7)}-1`]),
    );
    const rows = (await itemsOf(`BATCH#${batchId}`)).filter(({ sk }) => sk !== 'STATE');
    expect(rows).toMatchObject([
      {
        sk: 'ROW#000003',
        line: 3,
        errors: [{ field: 'durationSeconds', message: expect.stringContaining('5') }],
      },
      { line: 4, errors: [{ field: 'frame', message: expect.stringContaining('no such object') }] },
      { line: 5, message: expect.stringContaining('without a start frame') },
      { line: 6, message: expect.stringContaining('2 cells') },
    ]);
  });

  it('of JSONL is the same', async () => {
    const order = { frame: { s3Uri: frame }, prompt: 'A shoe turns.', metadata: { campaign: 'spring' } };
    const batchId = await batchOf(`${JSON.stringify(order)}\n{"nonsense":1}\n`);
    await expand(batchId);
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanded', accepted: 1, refused: 1 });
    expect((await aws.items(batchJobId(batchId, 1))).REQUEST).toMatchObject({
      metadata: { campaign: 'spring' },
    });
  });

  it('that is over is left alone', async () => {
    const batchId = await batchOf('prompt\nA');
    await expand(batchId);
    const before = await stateOf(batchId);
    await expand(batchId);
    expect(await stateOf(batchId)).toEqual(before);
  });

  it.each([
    ['is gone', async (key: string) => aws.remove(key, buckets.frames), 'MANIFEST_MISSING'],
    [
      'is another one by now',
      async (key: string) => aws.put(key, 'prompt\nB', {}, buckets.frames),
      'MANIFEST_CHANGED',
    ],
  ])('whose manifest %s fails with the reason, and orders nothing', async (_, change, code) => {
    const batchId = await batchOf('prompt\nA');
    await change((await stateOf(batchId)).manifest.key);
    await expand(batchId);
    const state = await stateOf(batchId);
    expect(state).toMatchObject({ status: 'failed', accepted: 0, failure: { code } });
    expect(state).not.toHaveProperty('dueAt');
    expect(await jobsOf(batchId, [2])).toEqual([]);
  });

  it.each([
    ['has too many rows', `prompt\n${'A\n'.repeat(10_001)}`, 'MANIFEST_TOO_LONG'],
    ['has none', 'prompt\n', 'MANIFEST_EMPTY'],
    ['is no table', 'hello', 'MANIFEST_UNREADABLE'],
  ])('whose manifest %s fails with the reason, and orders nothing', async (_, text, code) => {
    const batchId = await batchOf(text);
    await expand(batchId);
    expect(await stateOf(batchId)).toMatchObject({ status: 'failed', accepted: 0, failure: { code } });
    expect(await jobsOf(batchId, [1, 2, 3])).toEqual([]);
  });
});

describe('a large batch', () => {
  it('leaves word for the rest when its time is over, and goes on where its record says', async () => {
    await sqs().send(new PurgeQueueCommand({ QueueUrl: QueueUrl() }));
    const batchId = await batchOf(`prompt\n${'A\n'.repeat(60)}`);
    let waves = 0;
    const getRemainingTimeInMillis = () => {
      waves += 1;
      return waves > 1 ? 29_000 : 60_000;
    };
    await handler(message(batchId), { ...context, getRemainingTimeInMillis });
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanding', rows: 60, accepted: 25 });
    const { Messages = [] } = await sqs().send(new ReceiveMessageCommand({ QueueUrl: QueueUrl() }));
    expect(Messages.map(({ Body }) => Body)).toEqual([JSON.stringify({ batchId })]);
    await expand(batchId);
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanded', accepted: 60, refused: 0 });
  });

  it('is paced: no more rows a second than the stage says', async () => {
    const batchId = await batchOf(`prompt\n${'A\n'.repeat(26)}`);
    let goOn: (value: unknown) => void = () => undefined;
    const sleep = jest.spyOn(timers, 'setTimeout').mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          goOn = resolve;
        }),
    );
    const expanding = expand(batchId);
    while ((await stateOf(batchId)).accepted < 25) await pause(20);
    await pause(500);
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanding', accepted: 25 });
    goOn(undefined);
    await expanding;
    // 200 a second, and no more than 25 at once.
    expect(sleep.mock.calls).toEqual([[125], [125]]);
    sleep.mockRestore();
  });
});

describe('a row that cannot even be refused', () => {
  const poison = `s3://${buckets.frames}/poison.png`;
  const text = `frame,prompt\n${frame},A\n${poison},B\n`;
  beforeEach(() => proxy.failAt('poison.png'));

  it('is tried again, and then does not hold up its batch', async () => {
    const batchId = await batchOf(text);
    await expect(expand(batchId)).rejects.toThrow();
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanding', accepted: 0, refused: 0 });
    await expand(batchId, 3);
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanded', accepted: 1, refused: 1 });
    expect(await refusedLines(batchId)).toEqual([3]);
  });

  it('is no reason to refuse rows while nothing works', async () => {
    const batchId = await batchOf(`frame,prompt\n${poison},B\n`);
    await expect(expand(batchId, 4)).rejects.toThrow();
    expect(await refusedLines(batchId)).toEqual([]);
  });
});

describe('however often it is begun, each row is one job or one refusal', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => index + 2);
  const good = (line: number) => line % 4 !== 0;
  const textOf = (count: number) =>
    [
      'prompt,model',
      ...lines(count).map((line) => (good(line) ? `Row ${line}.,` : `Row ${line}.,nope`)),
    ].join('\n');

  const expectWhole = async (batchId: string, count: number) => {
    const accepted = lines(count).filter(good);
    expect(await stateOf(batchId)).toMatchObject({
      status: 'expanded',
      rows: count,
      accepted: accepted.length,
      refused: count - accepted.length,
    });
    const jobs = await jobsOf(batchId, lines(count));
    expect(jobs.map(({ line }) => line)).toEqual(accepted);
    for (const { items } of jobs) expect(Object.keys(items)).toEqual(['EVENT#000001', 'REQUEST', 'STATE']);
    expect(await refusedLines(batchId)).toEqual(lines(count).filter((line) => !good(line)));
    const executions = await started();
    for (const line of accepted) expect(executions).toContain(`${batchJobId(batchId, line)}-1`);
  };

  const crashed = async (count: number, nth: number, when: 'before' | 'after') => {
    const batchId = await batchOf(textOf(count));
    proxy.crashAt(nth, when);
    await handler(message(batchId), inTime).catch(() => undefined);
    const { requests } = proxy;
    proxy.heal();
    await expand(batchId, 2);
    await expectWhole(batchId, count);
    return requests < nth;
  };

  it.each(['before', 'after'] as const)(
    'with a crash %s any call to the outside',
    async (when) => {
      let nth = 1;
      while (!(await crashed(5, nth, when))) nth += 1;
      // Its record, its manifest, that it begins; five rows with three calls each, or two; that they are counted.
      expect(nth).toBeGreaterThan(3 + 5 * 2);
    },
    300_000,
  );

  it.each(['before', 'after'] as const)(
    'with a crash %s some calls of a longer one',
    async (when) => {
      for (const nth of [4, 40, 70, 79, 80, 81, 85, 90]) await crashed(30, nth, when);
    },
    300_000,
  );

  it('with two at work on it at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const batchId = await batchOf(textOf(30));
      await Promise.all([expand(batchId), expand(batchId), expand(batchId)]);
      await expand(batchId);
      await expectWhole(batchId, 30);
    }
  }, 60_000);

  it('although what its rows name has come or gone meanwhile', async () => {
    const late = `late-${count}.png`;
    const going = `going-${count}.png`;
    await aws.put(going, png(), {}, buckets.frames);
    const batchId = await batchOf(
      `frame,prompt\ns3://${buckets.frames}/${late},A\ns3://${buckets.frames}/${going},B\n`,
    );
    const before = await stateOf(batchId);
    await expand(batchId);
    await aws.put(late, png(), {}, buckets.frames);
    await aws.remove(going, buckets.frames);
    // As if it had died before its rows were counted.
    await store.saveBatch({ ...before, revision: (await stateOf(batchId)).revision + 1 });
    await expand(batchId);
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanded', accepted: 1, refused: 1 });
    expect(await refusedLines(batchId)).toEqual([2]);
    expect(await jobsOf(batchId, [2, 3])).toMatchObject([{ line: 3 }]);
  });
});
