import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { z } from 'zod';
import { jobEvent } from '../../../core/jobs/job-event.ts';
import type { handler as Handler } from '../../../lambdas/publish-job-events.ts';
import { acceptedState, jobRequest } from '../../support/jobs.ts';

const PutEvents = z.object({
  Entries: z.array(
    z.object({ Source: z.string(), DetailType: z.string(), EventBusName: z.string(), Detail: z.string() }),
  ),
});
const SendMessage = z.object({ QueueUrl: z.string(), MessageBody: z.string() });
const UpdateItem = z.object({
  Key: z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) }),
  UpdateExpression: z.string(),
  ConditionExpression: z.string(),
});

// A bus, a queue and a table on the wire: refuses what `isRefused` says, remembers what came.
let server: Server;
let published: z.infer<typeof PutEvents>['Entries'] = [];
let buried: z.infer<typeof SendMessage>[] = [];
let settled: z.infer<typeof UpdateItem>[] = [];
let isTableAway = false;
let isRefused: (detail: string) => boolean = () => false;
let handler: typeof Handler;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (String(request.headers['x-amz-target']).endsWith('SendMessage')) {
      const message = SendMessage.parse(body);
      buried.push(message);
      const MD5OfMessageBody = createHash('md5').update(message.MessageBody).digest('hex');
      response.end(JSON.stringify({ MessageId: 'm', MD5OfMessageBody }));
      return;
    }
    if (String(request.headers['x-amz-target']).endsWith('UpdateItem')) {
      if (isTableAway) response.statusCode = 400;
      else settled.push(UpdateItem.parse(body));
      response.end(isTableAway ? JSON.stringify({ __type: 'AccessDeniedException' }) : '{}');
      return;
    }
    const { Entries } = PutEvents.parse(body);
    const answers = Entries.map((entry) => {
      if (isRefused(entry.Detail)) return { ErrorCode: 'InternalFailure', ErrorMessage: 'busy' };
      published.push(entry);
      return { EventId: 'e' };
    });
    response.end(
      JSON.stringify({
        FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length,
        Entries: answers,
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server's address is an AddressInfo; Node's types also allow pipes.
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    EVENT_BUS: 'bus',
    JOB_TABLE: 'jobs',
    EVENT_DEAD_LETTERS_URL: `http://127.0.0.1:${port}/queue`,
  });
  ({ handler } = await import('../../../lambdas/publish-job-events.ts'));
});
beforeEach(() => {
  published = [];
  buried = [];
  settled = [];
  isTableAway = false;
  isRefused = () => false;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const record = (n: number, image: Record<string, unknown>): DynamoDBRecord => ({
  eventName: 'INSERT',
  // The same attribute values by another package's types.
  dynamodb: {
    SequenceNumber: String(n),
    NewImage: marshall(image) as NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>,
  },
});
const accepted = (n: number) =>
  record(n, {
    pk: `J#job${n}`,
    sk: 'EVENT#000001',
    ...jobEvent('Video Job Accepted', acceptedState({ jobId: `job${n}` }), jobRequest()),
    due: 'DUE#1',
    dueAt: '2026-01-01T00:05:00.000Z',
  });
const settledKeys = () => settled.map(({ Key }) => `${Key.pk.S} ${Key.sk.S}`).sort();

it('publishes the timeline in order, in batches of ten, without the keys of the table', async () => {
  const Records = Array.from({ length: 23 }, (_, n) => accepted(n + 1));
  expect(await handler({ Records })).toEqual({ batchItemFailures: [] });
  expect(published.map(({ Detail }) => JSON.parse(Detail).jobId)).toEqual(
    Records.map((_, n) => `job${n + 1}`),
  );
  expect(published[0]).toMatchObject({
    Source: 'startframe',
    DetailType: 'Video Job Accepted',
    EventBusName: 'bus',
  });
  const detail: unknown = JSON.parse(published[0]?.Detail ?? '');
  expect(detail).toMatchObject({
    schemaVersion: 1,
    eventId: 'job1:1',
    sequence: 1,
    run: 1,
    owner: 'drop',
    status: 'accepted',
    actor: 's3',
    metadata: { campaign: 'spring' },
  });
  for (const field of ['pk', 'sk', 'type', 'due', 'dueAt']) expect(detail).not.toHaveProperty(field);
});

it('notes of what is out that the sweeper need not publish it, and of nothing else', async () => {
  isRefused = (detail) => detail.includes('"job2"');
  const Records = [1, 2, 3].map(accepted);
  await handler({ Records });
  expect(settledKeys()).toEqual(['J#job1 EVENT#000001']);
  isRefused = () => false;
  await handler({ Records: Records.slice(1) });
  expect(settledKeys()).toEqual([1, 2, 3].map((n) => `J#job${n} EVENT#000001`));
  // An item that is gone is not made again by the note.
  expect(settled[0]).toMatchObject({
    UpdateExpression: 'REMOVE due, dueAt',
    ConditionExpression: 'attribute_exists(pk)',
  });
});

it('publishes what the stream plays once more, once more: consumers know doubles by the id', async () => {
  await handler({ Records: [accepted(1)] });
  await handler({ Records: [accepted(1)] });
  expect(published.map(({ Detail }) => JSON.parse(Detail).eventId)).toEqual(['job1:1', 'job1:1']);
});

it('does not hold up the stream when the table does not take the note', async () => {
  isTableAway = true;
  expect(await handler({ Records: [accepted(1)] })).toEqual({ batchItemFailures: [] });
  expect(published).toHaveLength(1);
});

it('goes on from the first event that the bus does not take', async () => {
  isRefused = (detail) => detail.includes('"job3"');
  const Records = [1, 2, 3, 4].map(accepted);
  expect(await handler({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: '3' }] });
  isRefused = () => false;
  await handler({ Records: Records.slice(2) });
  expect(new Set(published.map(({ Detail }) => JSON.parse(Detail).jobId))).toEqual(
    new Set(['job1', 'job2', 'job3', 'job4']),
  );
});

it('sends a record that can never be published to the dead letters, whole, and goes on', async () => {
  const bad = record(1, { pk: 'J#bad', sk: 'EVENT#000001', surprise: true });
  expect(await handler({ Records: [bad, accepted(2)] })).toEqual({ batchItemFailures: [] });
  expect(published).toHaveLength(1);
  expect(buried).toHaveLength(1);
  expect(JSON.parse(buried[0]?.MessageBody ?? '')).toMatchObject({
    record: { dynamodb: { NewImage: { surprise: { BOOL: true } } } },
  });
});
