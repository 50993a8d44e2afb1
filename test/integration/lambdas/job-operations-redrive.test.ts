import { cancelBeforeSubmit } from '../../../core/jobs/cancel.ts';
import { fail } from '../../../core/jobs/ending.ts';
import type { JobState } from '../../../core/jobs/job.ts';
import { acceptedState, runningState, T0 } from '../../support/jobs.ts';
import {
  aws,
  call,
  given,
  onCall,
  owner,
  setUpOperations,
  stateOf,
  unanswered,
  unknown,
  workflow,
} from './job-operations-builder.ts';

setUpOperations();

const failed = (state: JobState, charged: 'yes' | 'no' | 'unknown') =>
  fail(state, { code: 'PROVIDER_FAILED', message: 'm', advice: 'a', charged }, T0).state;

describe('redrive', () => {
  it('asks again by the task in a new run, and stops the old one', async () => {
    const jobId = await given(failed(runningState(), 'yes'), {
      ...unanswered,
      answeredAt: T0,
      outcome: 'accepted',
      task: { id: 'task1' },
    });
    expect(await call('redrive', jobId)).toMatchObject({
      status: 202,
      body: {
        status: 'running',
        run: 2,
        taskId: 'task1',
        timeline: [{ type: 'Video Job Restarted', actor: owner, action: 'ask-again' }],
      },
    });
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED', '-2': 'RUNNING' });
  });

  it('begins again what was cancelled free', async () => {
    const jobId = await given(
      cancelBeforeSubmit({ ...acceptedState(), cancelRequest: { by: owner, at: T0 } }, T0).state,
    );
    expect(await call('redrive', jobId)).toMatchObject({ status: 202, body: { status: 'accepted', run: 2 } });
    expect((await stateOf(jobId))?.cancelRequest).toBeUndefined();
  });

  it('of an unanswered order is 409 with the price, orders again with a person’s word, and names the person', async () => {
    const jobId = await given(unknown(), unanswered);
    expect(await call('redrive', jobId)).toMatchObject({
      status: 409,
      body: { title: 'CONFIRMATION_NEEDED', detail: expect.stringContaining('0.80 USD') },
    });
    expect((await stateOf(jobId))?.run).toBe(1);
    expect(await call('redrive', jobId, { confirmResubmit: true }, onCall)).toMatchObject({
      status: 202,
      body: { status: 'accepted', run: 2, atStakeMicros: 800_000 },
    });
    expect((await aws.items(jobId))['EVENT#000003']).toMatchObject({
      type: 'Video Job Restarted',
      actor: '111122223333:role/OnCall',
      action: 'order-again',
      atStakeMicros: 800_000,
      due: expect.any(String),
    });
  });

  it('adopts a task, in state and ledger at once', async () => {
    const jobId = await given(unknown(), unanswered);
    expect(await call('redrive', jobId, { taskId: 'found-1' })).toMatchObject({
      status: 202,
      body: { status: 'running', taskId: 'found-1' },
    });
    expect((await aws.items(jobId))['ATTEMPT#1']).toMatchObject({
      outcome: 'accepted',
      task: { id: 'found-1' },
    });
  });

  it('takes no task of another job, whoever asks, and changes nothing', async () => {
    const theirs = await given(unknown(), unanswered);
    expect(await call('redrive', theirs, { taskId: 'found-2' })).toMatchObject({ status: 202 });
    const mine = await given(unknown(), unanswered);
    for (const who of [undefined, onCall])
      expect(await call('redrive', mine, { taskId: 'found-2' }, who)).toMatchObject({
        status: 409,
        body: { title: 'TASK_OF_ANOTHER_JOB' },
      });
    expect(await stateOf(mine)).toMatchObject({ status: 'submit-unknown', run: 1 });
    expect((await stateOf(theirs))?.task).toEqual({ id: 'found-2' });
  });

  it('gives an order up', async () => {
    const jobId = await given(unknown(), unanswered);
    expect(await call('redrive', jobId, { giveUp: true })).toMatchObject({
      status: 202,
      body: { status: 'failed', failure: { charged: 'unknown' } },
    });
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'RUNNING' });
  });

  it('of a job that succeeded, or is on its way, is 409', async () => {
    for (const [state, title] of [
      [runningState({ status: 'succeeded' }), 'NOTHING_TO_REDRIVE'],
      [runningState(), 'JOB_OPEN'],
    ] as const)
      expect(await call('redrive', await given(state))).toMatchObject({ status: 409, body: { title } });
  });

  it('by two persons at once is one new order', async () => {
    const jobId = await given(unknown(), unanswered);
    const answers = await Promise.all([1, 2, 3].map(() => call('redrive', jobId, { confirmResubmit: true })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect((await stateOf(jobId))?.run).toBe(2);
  });

  it('is done though the workflow cannot be started just now: the sweeper starts it within a minute', async () => {
    const jobId = await given(failed(acceptedState(), 'no'));
    const machine = process.env.JOB_WORKFLOW_ARN;
    process.env.JOB_WORKFLOW_ARN = `${machine}-gone`;
    const { status } = await call('redrive', jobId);
    process.env.JOB_WORKFLOW_ARN = machine;
    expect(status).toBe(202);
    const dueAt = String((await stateOf(jobId))?.dueAt);
    expect(Date.parse(dueAt) - Date.now()).toBeLessThanOrEqual(60_000);
  });
});
