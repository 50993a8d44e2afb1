import { newAttempt } from '../../../core/jobs/submit-ledger.ts';
import { forgetProvider, itemsOf, putItem, putJob } from '../../support/job-items.ts';
import { jobRequest } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import {
  ago,
  awaitSlot,
  aws,
  finish,
  given,
  jobIds,
  MAX_IN_FLIGHT,
  operate,
  prepare,
  queue,
  setUpQueue,
  slots,
  stateOf,
  told,
  waits,
  workflow,
} from './admit-jobs-builder.ts';

setUpQueue();

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

test('an attempt under way is no reason to stand in the queue', async () => {
  const jobId = await given({ status: 'submitting', attempt: 1 });
  await putJob({ ...(await stateOf(jobId)) }, jobRequest(), newAttempt(1, 'hash', ago(1)));
  await expect(awaitSlot({ jobId, run: 1, token: 't' }, context)).rejects.toMatchObject({ name: 'StaleJob' });
});
