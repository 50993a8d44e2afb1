import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { acceptBatch, type BatchState } from '../../../core/batches/batch.ts';
import { jobEvent } from '../../../core/jobs/job-event.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { duePartition, itemsOf, putItem } from '../../support/job-items.ts';
import { acceptedState, at, jobRequest, T0 } from '../../support/jobs.ts';
import { aws, isLater, queue, setUpSweeper, sqs, sweep, table } from './sweep-jobs-builder.ts';

setUpSweeper();

const published = async (): Promise<string[]> => {
  const Event = z.object({ detail: z.looseObject({ eventId: z.string() }) });
  const ids: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return ids;
    for (const { Body = '' } of Messages) {
      const { detail } = Event.parse(JSON.parse(Body));
      expect(Object.keys(detail)).not.toEqual(expect.arrayContaining(['due']));
      ids.push(detail.eventId);
    }
  }
};

describe('a batch that nobody reads on', () => {
  const batch = acceptBatch(
    {
      batchId: 'batch',
      owner: 'Shop',
      requestHash: 'hash',
      manifest: { bucket: 'frames', key: 'rows.csv', etag: 'etag' },
    },
    T0,
  );
  const put = (changes: Partial<BatchState> = {}) =>
    putItem({ pk: 'BATCH#batch', sk: 'STATE', due: duePartition('batch'), ...batch, ...changes });
  const told = async () => {
    const QueueUrl = process.env[Env.batchQueue];
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    for (const { ReceiptHandle } of Messages)
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return Messages.map(({ Body }) => Body);
  };
  const stateOfBatch = async () => (await itemsOf('BATCH#batch'))[0];

  it('is sent for again, each time after a longer pause, and its rows stay as they are', async () => {
    await put({ status: 'expanding', rows: 10, accepted: 3 });
    await sweep();
    expect(await told()).toEqual(['{"batchId":"batch"}']);
    expect(await stateOfBatch()).toMatchObject({ status: 'expanding', accepted: 3, repairs: 1, revision: 2 });
    expect(isLater((await stateOfBatch())?.dueAt)).toBe(true);
    await sweep();
    expect(await told()).toEqual([]);
  });

  it('is left alone when it is over, though the index still shows it', async () => {
    await put({ status: 'expanded' });
    await sweep();
    expect(await told()).toEqual([]);
  });
});

describe('an event that did not reach the bus', () => {
  const eventItem = (jobId: string, dueAt: string | undefined) => ({
    pk: `J#${jobId}`,
    sk: 'EVENT#000001',
    ...jobEvent('Video Job Accepted', acceptedState({ jobId }), jobRequest()),
    ...(dueAt ? { due: duePartition(jobId), dueAt } : {}),
  });
  const put = (item: Record<string, unknown>) =>
    table.send(new PutCommand({ TableName: process.env[Env.jobTable], Item: item }));

  it('is published when it is late, and then no more', async () => {
    await published();
    for (let n = 0; n < 12; n += 1) await put(eventItem(`late${n}`, at(n)));
    await put(eventItem('fresh', new Date(Date.now() + 60_000).toISOString()));
    await put(eventItem('settled', undefined));
    await sweep();
    expect(new Set(await published())).toEqual(new Set(Array.from({ length: 12 }, (_, n) => `late${n}:1`)));
    expect((await aws.items('late3'))['EVENT#000001']).not.toHaveProperty('due');
    await sweep();
    expect(await published()).toEqual([]);
  });

  it('that nobody can read does not hold up the others', async () => {
    await put({ pk: 'J#odd', sk: 'EVENT#000001', surprise: true, due: duePartition('late99'), dueAt: T0 });
    await put(eventItem('late99', T0));
    await sweep();
    expect(await published()).toEqual(['late99:1']);
    expect(isLater((await aws.items('odd'))['EVENT#000001']?.dueAt)).toBe(true);
  });
});
