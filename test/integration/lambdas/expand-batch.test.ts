import timers from 'node:timers/promises';
import { PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { batchJobId } from '../../../core/kernel/ids.ts';
import { buckets } from '../../support/aws.ts';
import { itemsOf } from '../../support/job-items.ts';
import { context } from '../../support/lambda.ts';
import {
  aws,
  batchOf,
  expand,
  handler,
  jobsOf,
  message,
  proxy,
  QueueUrl,
  refusedLines,
  setUpBatches,
  sqs,
  started,
  stateOf,
} from './expand-batch-builder.ts';

setUpBatches();

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
