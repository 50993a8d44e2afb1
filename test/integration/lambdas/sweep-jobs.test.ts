import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import { CIRCUIT_OPEN_LOGGED, Env } from '../../../core/kernel/contract.ts';
import { duePartition, forgetProvider, putItem, putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  at,
  jobRequest,
  runningState,
  storingState,
  submittingState,
  T0,
} from '../../support/jobs.ts';
import {
  aws,
  given,
  isLater,
  repair,
  setUpSweeper,
  stateOf,
  sweep,
  table,
  workflow,
} from './sweep-jobs-builder.ts';

setUpSweeper();

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
