import type { JobState } from '../../../core/jobs/job.ts';
import { newAttempt } from '../../../core/jobs/submit-ledger.ts';
import { recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import { itemsOf, putItem, putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest, runningState } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { envelope } from '../../support/provider-server.ts';
import {
  ago,
  check,
  given,
  jobIds,
  MAX_IN_FLIGHT,
  operate,
  prepare,
  provider,
  queue,
  setUpQueue,
  slots,
  stateOf,
  sweep,
  told,
  waits,
  withFrame,
  workflow,
} from './admit-jobs-builder.ts';

setUpQueue();

describe('a job that is prepared', () => {
  const prepared = async (changes: Partial<JobState> = {}) => {
    const jobId = await withFrame(changes);
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
