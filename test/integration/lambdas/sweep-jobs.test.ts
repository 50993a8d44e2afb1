import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { acceptBatch, type BatchState } from '../../../core/batches/batch.ts';
import type { JobState } from '../../../core/jobs/job.ts';
import { jobEvent } from '../../../core/jobs/job-event.ts';
import { recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import { CIRCUIT_OPEN_LOGGED, Env } from '../../../core/kernel/contract.ts';
import type { handler as Repair } from '../../../lambdas/repair-job.ts';
import type { handler as Sweep } from '../../../lambdas/sweep-jobs.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { type LivingWorkflow, startLivingWorkflow } from '../../support/executions.ts';
import { duePartition, forgetProvider, itemsOf, putItem, putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  at,
  jobRequest,
  runningState,
  runtimeSettings,
  storingState,
  submittingState,
  T0,
} from '../../support/jobs.ts';

let aws: TestAws;
let workflow: LivingWorkflow;
let sweep: typeof Sweep;
let repair: typeof Repair;
let sqs: SQSClient;
let queue: string;
let table: DynamoDBDocumentClient;

beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  workflow = await startLivingWorkflow(aws.sfn);
  table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const bridge = new EventBridgeClient({});
  sqs = new SQSClient({});
  ({ QueueUrl: queue = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'events' })));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] }),
  );
  await bridge.send(new CreateEventBusCommand({ Name: 'test-bus' }));
  const rule = { Name: 'all', EventBusName: 'test-bus' };
  await bridge.send(
    new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['startframe'] }) }),
  );
  await bridge.send(
    new PutTargetsCommand({
      Rule: 'all',
      EventBusName: 'test-bus',
      Targets: [{ Id: 'q', Arn: Attributes?.QueueArn }],
    }),
  );
  process.env[Env.eventBus] = 'test-bus';
  ({ handler: sweep } = await import('../../../lambdas/sweep-jobs.ts'));
  ({ handler: repair } = await import('../../../lambdas/repair-job.ts'));
}, 120_000);
afterAll(() => aws.stop());

// Every job of these tests has been due since the first of January.
let count = 0;
const given = async (state: JobState, executions: Record<string, 'RUNNING' | 'ABORTED'> = {}) => {
  count += 1;
  const jobId = `sweep${count}`;
  for (const [run, status] of Object.entries(executions)) {
    await workflow.start(`${jobId}${run}`);
    if (status === 'ABORTED') await workflow.stop(`${jobId}${run}`);
  }
  await putJob({ ...state, jobId }, jobRequest());
  return jobId;
};
const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;
const isLater = (dueAt: unknown) => String(dueAt) > new Date().toISOString();

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

describe('a sweep', () => {
  it('starts what was never started, in the same run', async () => {
    const jobId = await given(acceptedState());
    await sweep();
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'RUNNING' });
    expect(await stateOf(jobId)).toMatchObject({ run: 1, revision: 1 });
    expect(isLater((await stateOf(jobId))?.dueAt)).toBe(true);
  });

  it.each([
    ['accepted', acceptedState()],
    ['submitting', submittingState()],
    ['running', runningState()],
    ['overdue', runningState({ overdue: true, attention: { reason: 'OVERDUE', since: T0 } })],
    ['storing', storingState()],
    ['stopped', runningState({ attention: { reason: 'WORKFLOW_STOPPED', since: T0 } })],
  ])('gives a job whose execution ended while it was %s another run, once', async (_, state) => {
    const jobId = await given(state, { '-1': 'ABORTED' });
    await sweep();
    await sweep();
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED', '-2': 'RUNNING' });
    expect(await stateOf(jobId)).toMatchObject({ status: state.status, run: 2, repairs: 1 });
  });

  it('leaves a living job alone: not even its revision moves', async () => {
    const jobId = await given(runningState(), { '-1': 'RUNNING' });
    const before = await stateOf(jobId);
    await sweep();
    const after = await stateOf(jobId);
    expect(isLater(after?.dueAt)).toBe(true);
    expect(after).toEqual({ ...before, dueAt: after?.dueAt });
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'RUNNING' });
  });

  it('orders nothing for a person who is asked, though the index still shows the job', async () => {
    const { state } = recordUnknownSubmit(submittingState(), 'X', T0);
    const jobId = await given({ ...state, dueAt: T0 }, { '-1': 'ABORTED' });
    await sweep();
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED' });
  });

  it('does no job twice that two sweeps look at', async () => {
    const jobId = await given(runningState(), { '-1': 'ABORTED' });
    await Promise.all([sweep(), sweep(), sweep()]);
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED', '-2': 'RUNNING' });
    expect((await stateOf(jobId))?.repairs).toBe(1);
  });

  it('helps the others when one job cannot be read, says so, and is not stopped by it the next time', async () => {
    const bad = { pk: 'J#bad', sk: 'STATE', due: duePartition('bad'), dueAt: '2020-01-01T00:00:00.000Z' };
    await table.send(new PutCommand({ TableName: process.env[Env.jobTable], Item: bad }));
    await table.send(
      new PutCommand({ TableName: process.env[Env.jobTable], Item: { pk: 'J#bad', sk: 'REQUEST' } }),
    );
    const jobId = await given(runningState(), { '-1': 'ABORTED' });
    await expect(sweep()).rejects.toThrow('1 items could not be handled');
    expect((await stateOf(jobId))?.run).toBe(2);
    expect(isLater((await aws.items('bad')).STATE?.dueAt)).toBe(true);
    await sweep();
  });

  it('goes through more than a page', async () => {
    const jobs = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const jobId = `many${index}`;
        await putJob({ ...acceptedState(), jobId }, jobRequest());
        return jobId;
      }),
    );
    // All in one partition: an index may be that uneven.
    await Promise.all(
      jobs.map(async (jobId) =>
        table.send(
          new PutCommand({
            TableName: process.env[Env.jobTable],
            Item: { pk: `J#${jobId}`, sk: 'STATE', ...acceptedState({ jobId }), due: 'DUE#3' },
          }),
        ),
      ),
    );
    await sweep();
    for (const jobId of jobs) expect(isLater((await stateOf(jobId))?.dueAt)).toBe(true);
  });
});

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

describe('an execution that stopped', () => {
  const stopped = (name: string, status = 'ABORTED') => repair({ detail: { name, status } });

  it('has its job started again at once', async () => {
    const jobId = await given(runningState({ dueAt: '2100-01-01T00:00:00.000Z' }), { '-1': 'ABORTED' });
    await stopped(`${jobId}-1`);
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED', '-2': 'RUNNING' });
  });

  it('changes nothing when another run has the job, or when it is told of twice', async () => {
    const jobId = await given(runningState({ run: 2, dueAt: '2100-01-01T00:00:00.000Z' }), {
      '-1': 'ABORTED',
      '-2': 'RUNNING',
    });
    const before = await stateOf(jobId);
    await stopped(`${jobId}-1`);
    expect(await stateOf(jobId)).toEqual(before);
    await stopped(`${jobId}-2`);
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED', '-2': 'RUNNING' });
    expect((await stateOf(jobId))?.run).toBe(2);
  });

  it('is left to the sweeper the second time, so that a job that breaks at once does not spin', async () => {
    const jobId = await given(runningState({ repairs: 1, dueAt: '2100-01-01T00:00:00.000Z' }), {
      '-1': 'ABORTED',
    });
    await stopped(`${jobId}-1`, 'FAILED');
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED' });
  });

  it('of no job, or with a name of somebody else’s making, is nothing', async () => {
    await stopped('nobody-1');
    await stopped('by-hand');
  });
});

it('says each minute which provider is parked, whoever parked it, and of no other', async () => {
  const { logger } = await import('../../../lambdas/shared/platform/logger.ts');
  const warn = jest.spyOn(logger, 'warn');
  const said = () => warn.mock.calls.filter(([message]) => message === CIRCUIT_OPEN_LOGGED);
  try {
    await sweep();
    expect(said()).toEqual([]);
    await putItem({
      pk: 'PROVIDER#simulated',
      sk: 'CONTROL',
      revision: 1,
      breaker: { code: 'PROVIDER_AUTH', message: 'wrong key', since: T0, refusals: 1, retryAt: at(30) },
    });
    for (const times of [1, 2]) {
      await sweep();
      expect(said()).toHaveLength(times);
      expect(said().at(-1)?.[1]).toMatchObject({ provider: 'simulated', code: 'PROVIDER_AUTH' });
    }
  } finally {
    warn.mockRestore();
    await forgetProvider('simulated');
  }
});
