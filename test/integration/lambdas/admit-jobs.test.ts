import type { DynamoDBRecord } from 'aws-lambda';
import type { JobRequest, JobState } from '../../../core/jobs/job.ts';
import { newAttempt } from '../../../core/jobs/submit-ledger.ts';
import { recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import type { handler as Admit } from '../../../lambdas/admit-jobs.ts';
import type { handler as Await } from '../../../lambdas/await-slot.ts';
import type { handler as Check } from '../../../lambdas/check-job.ts';
import type { handler as Finish } from '../../../lambdas/finish-job.ts';
import type { handler as Prepare } from '../../../lambdas/prepare-job.ts';
import type * as Operate from '../../../lambdas/shared/jobs/job-operations.ts';
import type * as Sweep from '../../../lambdas/shared/queue/sweep-queue.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { forgetProvider, itemsOf, putItem, putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  providerSettings,
  runningState,
  runtimeSettings,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';
import { envelope, type ProviderServer, startProvider } from '../../support/provider-server.ts';
import { startWaitingWorkflow, type WaitingWorkflow } from '../../support/waiting.ts';

// The queue of a provider with three slots, with several functions at work on it at once.

const MAX_IN_FLIGHT = 3;

let aws: TestAws;
let provider: ProviderServer;
let workflow: WaitingWorkflow;
let prepare: typeof Prepare;
let awaitSlot: typeof Await;
let check: typeof Check;
let finish: typeof Finish;
let admit: typeof Admit;
let sweep: typeof Sweep;
let operate: typeof Operate;

beforeAll(async () => {
  provider = await startProvider();
  const gateway = { submitBaseUrl: provider.url, allowPrivateAddresses: true };
  aws = await startAws(
    runtimeSettings({
      providers: {
        simulated: providerSettings({ ...gateway, maxInFlight: MAX_IN_FLIGHT, confirmFailure: false }),
        paced: providerSettings({ ...gateway, submitsPerMinute: 12 }),
        free: providerSettings(gateway),
      },
    }),
  );
  workflow = await startWaitingWorkflow(aws.sfn);
  ({ handler: prepare } = await import('../../../lambdas/prepare-job.ts'));
  ({ handler: awaitSlot } = await import('../../../lambdas/await-slot.ts'));
  ({ handler: check } = await import('../../../lambdas/check-job.ts'));
  ({ handler: finish } = await import('../../../lambdas/finish-job.ts'));
  ({ handler: admit } = await import('../../../lambdas/admit-jobs.ts'));
  sweep = await import('../../../lambdas/shared/queue/sweep-queue.ts');
  operate = await import('../../../lambdas/shared/jobs/job-operations.ts');
}, 120_000);
afterAll(async () => {
  await provider.close();
  await aws.stop();
});
beforeEach(async () => {
  for (const id of ['simulated', 'paced', 'free']) await forgetProvider(id);
});

let count = 0;
const given = async (changes: Partial<JobState> = {}, request: Partial<JobRequest> = {}): Promise<string> => {
  count += 1;
  const jobId = `job${count}`;
  await putJob(
    { ...acceptedState(), createdAt: new Date().toISOString(), ...changes, jobId },
    jobRequest(request),
  );
  return jobId;
};
const stateOf = async (jobId: string): Promise<JobState> =>
  // The item is the one that the code under test wrote.
  (await aws.items(jobId)).STATE as unknown as JobState;
const slots = () => itemsOf('SLOT#simulated');
const queue = () => itemsOf('QUEUE#simulated');
const jobIds = (items: readonly Record<string, unknown>[]) => items.map(({ jobId }) => jobId);
const told = (pk: string) =>
  admit({ Records: [{ dynamodb: { Keys: { pk: { S: pk }, sk: { S: 'x' } } } } satisfies DynamoDBRecord] });
const waits = async (changes: Partial<JobState> = {}, request: Partial<JobRequest> = {}): Promise<string> => {
  const jobId = await given(changes, request);
  const { run } = await stateOf(jobId);
  await awaitSlot({ jobId, run, token: `token-${jobId}` }, context);
  return jobId;
};
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

describe('a job that is prepared', () => {
  const prepared = async (changes: Partial<JobState> = {}) => {
    const jobId = await given(changes);
    const key = `${jobId}.png`;
    const versionId = await aws.put(key, png(320, 180));
    await putJob(await stateOf(jobId), jobRequest({ startFrame: { bucket: buckets.inbox, key, versionId } }));
    return { jobId, answer: await prepare({ jobId, run: 1 }, context) };
  };

  it('takes a slot and orders, where one is free and nobody waits', async () => {
    const { jobId, answer } = await prepared();
    expect(answer).toMatchObject({ next: 'submit' });
    const [slot] = await slots();
    expect(slot).toMatchObject({ jobId, run: 1 });
    expect(await stateOf(jobId)).toMatchObject({ status: 'accepted', slot: slot?.sk });
    // Again, as a retry does: it has its slot already.
    await prepare({ jobId, run: 1 }, context);
    expect(await slots()).toHaveLength(1);
  });

  it('gets one of three slots, however many come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => prepared()));
    expect((await slots()).length).toBeLessThanOrEqual(MAX_IN_FLIGHT);
    const admitted = answers.filter(({ answer }) => answer.next === 'submit');
    expect(new Set(jobIds(await slots()))).toEqual(new Set(admitted.map(({ jobId }) => jobId)));
    expect((await prepared()).answer.next).toBe(admitted.length === MAX_IN_FLIGHT ? 'queue' : 'submit');
  });

  it('overtakes nobody', async () => {
    await waits();
    expect((await prepared()).answer).toMatchObject({ next: 'queue' });
    expect(await slots()).toEqual([]);
  });

  it('waits for its turn where the pace is limited', async () => {
    expect((await prepared({ provider: 'paced' })).answer).toMatchObject({ next: 'submit' });
    const { answer } = await prepared({ provider: 'paced' });
    expect(answer).toMatchObject({ next: 'turn' });
    // 12 a minute: 66 s / 12 between two.
    expect(answer.waitSeconds).toBeGreaterThan(3);
    expect(answer.waitSeconds).toBeLessThanOrEqual(6);
  });

  it('writes nothing of this where nothing is limited', async () => {
    const { jobId, answer } = await prepared({ provider: 'free' });
    expect(answer).toMatchObject({ next: 'submit' });
    expect(await stateOf(jobId)).not.toHaveProperty('slot');
    expect([...(await itemsOf('SLOT#free')), ...(await itemsOf('PROVIDER#free'))]).toEqual([]);
  });
});

describe('a job that waits', () => {
  it('is let go on with a slot, and its workflow is given the word', async () => {
    const jobId = await given();
    const token = await workflow.wait(jobId);
    await awaitSlot({ jobId, run: 1, token }, context);
    expect(await queue()).toMatchObject([{ jobId, owner: 'drop', run: 1, token }]);
    expect((await aws.items(jobId))['EVENT#000002']).toMatchObject({ type: 'Video Job Queued' });
    await told('QUEUE#simulated');
    expect(await queue()).toEqual([]);
    const [slot] = await slots();
    expect(slot).toMatchObject({ jobId, token });
    expect(await stateOf(jobId)).toMatchObject({ status: 'queued', slot: slot?.sk });
    expect(await workflow.word(jobId)).toEqual({ jobId, run: 1, next: 'submit', waitSeconds: 0 });
  });

  it('is let go on once, in order, never above the limit, whoever is told at once', async () => {
    const waiting: string[] = [];
    for (let index = 0; index < 8; index += 1) waiting.push(await waits());
    await Promise.all(Array.from({ length: 6 }, () => told('QUEUE#simulated')));
    expect(new Set(jobIds(await slots()))).toEqual(new Set(waiting.slice(0, MAX_IN_FLIGHT)));
    expect(jobIds(await queue())).toEqual(waiting.slice(MAX_IN_FLIGHT));
  });

  it('does not wait until another owner has been served with all', async () => {
    for (let index = 0; index < 6; index += 1) await waits({ owner: 'ann' });
    const late = await waits({ owner: 'bob' });
    await told('QUEUE#simulated');
    expect(jobIds(await slots())).toContain(late);
  });

  it('goes before all that is less urgent, and keeps nobody out who is as urgent', async () => {
    const low = await waits({ owner: 'ann' }, { priority: 'low' });
    for (let index = 0; index < 4; index += 1) await waits({ owner: 'ann' });
    const urgent: string[] = [];
    for (let index = 0; index < 4; index += 1)
      urgent.push(await waits({ owner: 'bob' }, { priority: 'high' }));
    // What bob has elsewhere says nothing here: behind the first of ann's, not behind her last.
    const bob = await waits({ owner: 'bob' });
    expect(jobIds(await queue()).slice(0, 4)).toEqual(urgent);
    expect(jobIds(await queue()).indexOf(bob)).toBeLessThanOrEqual(5);
    expect(jobIds(await queue()).at(-1)).toBe(low);
    await told('QUEUE#simulated');
    expect(new Set(jobIds(await slots()))).toEqual(new Set(urgent.slice(0, MAX_IN_FLIGHT)));
    expect(await itemsOf('PROVIDER#simulated')).toMatchObject([{ virtualTimes: { high: MAX_IN_FLIGHT } }]);
  });

  it('keeps its priority when it is started again', async () => {
    const jobId = await waits({}, { priority: 'high' });
    await operate.cancel(jobId, 'anna', { abandon: false });
    await operate.redrive(jobId, 'anna', {});
    await awaitSlot({ jobId, run: 2, token: 'again' }, context);
    expect(await queue()).toMatchObject([{ jobId, run: 2, sk: expect.stringMatching(/^2#/) }]);
  });

  it('is taken out of the queue in the moment it is cancelled', async () => {
    const jobId = await waits();
    const job = await operate.cancel(jobId, 'anna', { abandon: false });
    expect(job.state).toMatchObject({ status: 'cancelled', failure: { charged: 'no' } });
    expect(await queue()).toEqual([]);
    expect(await stateOf(jobId)).not.toHaveProperty('queueKey');
  });

  it('gives its slot back when it is cancelled after it was let go on', async () => {
    const jobId = await waits();
    await told('QUEUE#simulated');
    await operate.cancel(jobId, 'anna', { abandon: false });
    expect(await slots()).toEqual([]);
  });

  it('keeps its place in another run, which alone is let go on', async () => {
    const jobId = await waits();
    const other = await waits();
    const before = await queue();
    await putJob({ ...(await stateOf(jobId)), run: 2 }, jobRequest());
    await awaitSlot({ jobId, run: 2, token: 'new' }, context);
    expect((await queue()).map(({ sk }) => sk)).toEqual(before.map(({ sk }) => sk));
    expect((await queue())[0]).toMatchObject({ jobId, run: 2, token: 'new' });
    await expect(awaitSlot({ jobId, run: 1, token: 'old' }, context)).rejects.toMatchObject({
      name: 'NotWaiting',
    });
    await told('QUEUE#simulated');
    expect(new Set(jobIds(await slots()))).toEqual(new Set([jobId, other]));
  });

  it('is passed over while the run in the queue is not its own any more', async () => {
    const jobId = await waits();
    await putJob({ ...(await stateOf(jobId)), run: 2 }, jobRequest());
    await told('QUEUE#simulated');
    expect([...(await queue()), ...(await slots())]).toEqual([]);
    expect(await prepare({ jobId, run: 2 }, context)).toMatchObject({ next: 'queue' });
  });

  it('goes on with the slot that an earlier run was given', async () => {
    const jobId = await waits();
    await told('QUEUE#simulated');
    await putJob({ ...(await stateOf(jobId)), run: 2 }, jobRequest());
    expect(await prepare({ jobId, run: 2 }, context)).toMatchObject({ next: 'submit' });
    expect(await slots()).toHaveLength(1);
  });

  it('comes back to its place when it was refused for now', async () => {
    const first = await waits();
    const queueKey = (await stateOf(first)).queueKey;
    await told('QUEUE#simulated');
    await waits();
    const { state } = { state: await stateOf(first) };
    const { slot: _, sendAt: __, ...back } = state;
    await forgetProvider('simulated');
    await putJob(back, jobRequest());
    await awaitSlot({ jobId: first, run: 1, token: 'again' }, context);
    expect(await queue()).toMatchObject([{ sk: queueKey, jobId: first, token: 'again' }]);
  });

  it('is never failed by trouble of its workflow', async () => {
    const jobId = await waits();
    await finish({ jobId, run: 1 }, context);
    expect(await stateOf(jobId)).toMatchObject({ status: 'queued' });
    expect(await queue()).toHaveLength(1);
  });

  it('waits on while a person has stopped the orders', async () => {
    await waits();
    await putItem({
      pk: 'PROVIDER#simulated',
      sk: 'CONTROL',
      revision: 3,
      clock: 0,
      pause: { by: 'ann', at: ago(9) },
    });
    await told('QUEUE#simulated');
    expect(await slots()).toEqual([]);
    expect(await queue()).toHaveLength(1);
  });
});

describe('a job of release 0.1.0 that waits', () => {
  /** As that release left it: the same items under earlier names. */
  const earlier = async (): Promise<string> => {
    const jobId = await waits({ openedCircuits: 1 });
    const { queueKey, openedCircuits, ...state } = await stateOf(jobId);
    await putItem({ ...state, place: queueKey, breaks: openedCircuits });
    return jobId;
  };
  const control = { pk: 'PROVIDER#simulated', sk: 'CONTROL', revision: 7, clocks: { normal: 40 } };

  it('is admitted; what is written after has the present names alone', async () => {
    await putItem(control);
    const jobId = await earlier();
    await told('QUEUE#simulated');
    expect(jobIds(await slots())).toEqual([jobId]);
    const state = await stateOf(jobId);
    // Behind all that were served before.
    expect(state).toMatchObject({ slot: expect.any(String), queueKey: expect.stringMatching(/^5#0+41#/) });
    expect(state).toMatchObject({ openedCircuits: 1 });
    expect(Object.keys(state)).not.toEqual(expect.arrayContaining(['place']));
    expect(Object.keys(state)).not.toEqual(expect.arrayContaining(['breaks']));
    const [written] = await itemsOf('PROVIDER#simulated');
    expect(written).toMatchObject({ revision: 8, virtualTimes: { normal: 41 } });
    expect(written).not.toHaveProperty('clocks');
  });

  it('leaves the queue when it is cancelled', async () => {
    const jobId = await earlier();
    await operate.cancel(jobId, 'anna', { abandon: false });
    expect(await queue()).toEqual([]);
  });

  it('waits on while a person has paused the provider', async () => {
    await putItem({ ...control, hold: { by: 'anna', at: ago(60) } });
    const jobId = await earlier();
    await told('QUEUE#simulated');
    expect(await slots()).toEqual([]);
    expect(jobIds(await queue())).toEqual([jobId]);
  });
});

describe('a slot', () => {
  const ordered = { task: { id: 'task1' }, submittedAt: ago(60) };

  it.each([
    [
      'the video is there',
      envelope({ status: 'completed', outputs: ['https://cdn.example/v.mp4'] }),
      'storing',
    ],
    ['the provider failed', envelope({ status: 'failed', error: 'no' }), 'failed'],
  ])('is given back when CheckJob learns that %s', async (_, answer, status) => {
    provider.check = answer;
    const jobId = await given({ ...runningState(ordered), slot: '0001', run: 1 });
    await putItem({ pk: 'SLOT#simulated', sk: '0001', jobId, run: 1, since: ago(60) });
    await check({ jobId, run: 1 }, context);
    expect(await stateOf(jobId)).toMatchObject({ status });
    expect(await stateOf(jobId)).not.toHaveProperty('slot');
    expect(await slots()).toEqual([]);
  });

  it('is given back by a job that is overdue, and kept by one that is being made', async () => {
    provider.check = envelope({ status: 'processing' });
    const running = await given({ ...runningState(ordered), slot: '0000' });
    const overdue = await given({ ...runningState({ ...ordered, submittedAt: ago(4000) }), slot: '0001' });
    await putItem({ pk: 'SLOT#simulated', sk: '0000', jobId: running, run: 1, since: ago(60) });
    await putItem({ pk: 'SLOT#simulated', sk: '0001', jobId: overdue, run: 1, since: ago(4000) });
    await check({ jobId: running, run: 1 }, context);
    await check({ jobId: overdue, run: 1 }, context);
    expect(jobIds(await slots())).toEqual([running]);
    expect(await stateOf(overdue)).toMatchObject({ status: 'running', overdue: true });
  });

  it('that is somebody else’s by now is not taken from them', async () => {
    provider.check = envelope({ status: 'failed', error: 'no' });
    const jobId = await given({ ...runningState(ordered), slot: '0001' });
    await putItem({ pk: 'SLOT#simulated', sk: '0001', jobId: 'other', run: 1, since: ago(1) });
    await check({ jobId, run: 1 }, context);
    expect(await stateOf(jobId)).toMatchObject({ status: 'failed' });
    expect(jobIds(await slots())).toEqual(['other']);
  });
});

describe('a task that a person found', () => {
  it('counts as in flight from that moment until its verdict, and cannot be refused', async () => {
    for (let index = 0; index < MAX_IN_FLIGHT; index += 1) await waits();
    await told('QUEUE#simulated');
    expect(await slots()).toHaveLength(MAX_IN_FLIGHT);
    const unknown = recordUnknownSubmit(
      { ...acceptedState(), attempt: 1 },
      'SUBMIT_UNANSWERED',
      ago(300),
    ).state;
    const found = await given(unknown);
    await putJob(await stateOf(found), jobRequest(), newAttempt(1, 'hash', ago(300)));
    await operate.redrive(found, 'anna', { taskId: 'task1' });
    expect(jobIds(await slots())).toContain(found);
    expect(await stateOf(found)).toMatchObject({ status: 'running', slot: `job#${found}` });
    // One of the others ends: nobody takes its place, for as many are in flight as may be.
    const waiting = await waits();
    const [other] = await slots();
    await operate.cancel(String(other?.jobId), 'anna', { abandon: false });
    await told('SLOT#simulated');
    expect(await slots()).toHaveLength(MAX_IN_FLIGHT);
    expect(jobIds(await queue())).toEqual([waiting]);
    provider.check = envelope({ status: 'failed', error: 'no' });
    await check({ jobId: found, run: 2 }, context);
    await told('SLOT#simulated');
    expect(jobIds(await slots())).toContain(waiting);
    expect(jobIds(await slots())).not.toContain(found);
  });
});

describe('a sweep', () => {
  it('frees the slots of jobs that ended, are not in flight any more, or are not there', async () => {
    const ended = await given({ status: 'failed' });
    const overdue = await given(runningState({ overdue: true }));
    const alive = await given(runningState({ slot: '0002' }));
    for (const [sk, jobId] of Object.entries({
      '0000': ended,
      '0001': overdue,
      '0002': alive,
      '0003': 'nobody',
    }))
      await putItem({ pk: 'SLOT#simulated', sk, jobId, run: 1, since: ago(90) });
    await sweep.sweepQueue('simulated');
    expect(jobIds(await slots())).toEqual([alive]);
  });

  it('lets those go on of whom the stream did not tell', async () => {
    const jobId = await waits();
    await sweep.sweepQueue('simulated');
    expect(jobIds(await slots())).toEqual([jobId]);
  });

  it('gives the word again to a workflow that did not get it', async () => {
    const jobId = await given({ status: 'queued', queueKey: '5#1#x', slot: '0000', sendAt: ago(90) });
    const token = await workflow.wait(jobId);
    await putItem({ pk: 'SLOT#simulated', sk: '0000', jobId, run: 1, since: ago(30), token });
    await sweep.sweepQueue('simulated');
    expect(await workflow.word(jobId)).toBeUndefined();
    await putItem({ pk: 'SLOT#simulated', sk: '0000', jobId, run: 1, since: ago(90), token });
    await sweep.sweepQueue('simulated');
    expect(await workflow.word(jobId)).toMatchObject({ next: 'submit' });
    expect(await slots()).toHaveLength(1);
  });

  it('gives up a probe that never tried, so that another one does', async () => {
    const lost = await given({ status: 'cancelled' });
    const next = await waits();
    await putItem({
      pk: 'PROVIDER#simulated',
      sk: 'CONTROL',
      revision: 1,
      clock: 0,
      breaker: {
        code: 'PROVIDER_AUTH',
        message: 'wrong key',
        since: ago(300),
        refusals: 1,
        retryAt: ago(200),
        probe: { jobId: lost, since: ago(200) },
      },
    });
    await sweep.sweepQueue('simulated');
    expect(jobIds(await slots())).toEqual([next]);
    expect(await itemsOf('PROVIDER#simulated')).toMatchObject([{ breaker: { probe: { jobId: next } } }]);
  });
});

describe('what waiting costs, in requests to the table', () => {
  let requests: string[] = [];
  beforeAll(async () => {
    const { table } = await import('../../../lambdas/shared/table/dynamodb.ts');
    table().middlewareStack.add(
      (next, { commandName = '' }) =>
        (request) => {
          requests.push(commandName.replace('Command', ''));
          return next(request);
        },
      { step: 'initialize' },
    );
  });
  const costOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    requests = [];
    await work();
    return requests;
  };
  const prepared = async (changes: Partial<JobState>): Promise<string> => {
    const jobId = await given(changes);
    const key = `${jobId}.png`;
    const versionId = await aws.put(key, png(320, 180));
    await putJob(await stateOf(jobId), jobRequest({ startFrame: { bucket: buckets.inbox, key, versionId } }));
    return jobId;
  };
  const step = ['Query', 'TransactWriteItems'];

  it('is nothing where nothing is limited', async () => {
    const jobId = await prepared({ provider: 'free' });
    expect(await costOf(() => prepare({ jobId, run: 1 }, context))).toEqual(step);
  });

  it('is three reads and a transaction where a slot is free', async () => {
    const jobId = await prepared({});
    expect(await costOf(() => prepare({ jobId, run: 1 }, context))).toEqual([
      ...step,
      ...['GetItem', 'Query', 'Query', 'TransactWriteItems'],
    ]);
  });

  it('is thirteen requests more for a job that waits: looking, standing in line, being let go on', async () => {
    await waits();
    const jobId = await prepared({});
    expect(await costOf(() => prepare({ jobId, run: 1 }, context))).toEqual([
      ...step,
      'GetItem',
      'Query',
      'Query',
    ]);
    await forgetProvider('simulated');
    expect(await costOf(() => awaitSlot({ jobId, run: 1, token: 't' }, context))).toEqual([
      ...['Query', 'GetItem', 'UpdateItem', 'TransactWriteItems'],
    ]);
    // The queue, what holds for the provider, its slots; the job, its admission; the queue again.
    expect(await costOf(() => told('QUEUE#simulated'))).toEqual([
      ...['Query', 'GetItem', 'Query', 'Query', 'TransactWriteItems', 'Query'],
    ]);
  });
});

test('an attempt under way is no reason to stand in the queue', async () => {
  const jobId = await given({ status: 'submitting', attempt: 1 });
  await putJob({ ...(await stateOf(jobId)) }, jobRequest(), newAttempt(1, 'hash', ago(1)));
  await expect(awaitSlot({ jobId, run: 1, token: 't' }, context)).rejects.toMatchObject({ name: 'StaleJob' });
});
