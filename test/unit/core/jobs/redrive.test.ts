import { cancelBeforeSubmit } from '../../../../core/jobs/cancel.ts';
import { giveUp } from '../../../../core/jobs/ending.ts';
import { decideSubmit, newAttempt } from '../../../../core/jobs/submit-ledger.ts';
import { beginAttempt, recordTask } from '../../../../core/jobs/transitions.ts';
import { acceptedState, at, runningState, submittingState, T0 } from '../../../support/jobs.ts';
import { answered, failed, redrive, settings, unanswered, unknown } from './redrive-builder.ts';

describe('redriving', () => {
  it('asks again by the task, free, with no trace of the ending', () => {
    const operation = redrive(failed(runningState(), 'yes'), answered('accepted'));
    expect(operation).toMatchObject({
      do: 'restart',
      change: {
        event: 'Video Job Restarted',
        action: 'ask-again',
        state: { status: 'running', run: 2, task: { id: 'task1' }, actor: 'anna', dueAt: at(360) },
      },
    });
    const state = operation.do === 'restart' ? operation.change.state : undefined;
    for (const field of ['failure', 'finishedAt', 'attention']) expect(state).not.toHaveProperty(field);
  });

  it('begins again where for certain nothing was ordered', () => {
    const never = failed(acceptedState(), 'no');
    const refused = failed(submittingState(), 'no');
    const cancelled = cancelBeforeSubmit(acceptedState(), at(1)).state;
    for (const [state, attempt] of [[never], [refused, answered('refused')], [cancelled]] as const)
      expect(redrive(state, attempt)).toMatchObject({
        do: 'restart',
        change: { action: 'start-again', state: { status: 'accepted', run: 2, redrivenAt: at(300) } },
      });
  });

  it('of an order that was not answered says the price, and orders nothing', () => {
    for (const attempt of [unanswered, answered('unknown')])
      expect(redrive(unknown, attempt)).toMatchObject({
        do: 'refuse',
        name: 'CONFIRMATION_NEEDED',
        reason: expect.stringContaining('0.80 USD'),
      });
  });

  it('waits for the answer first while it may still come', () => {
    expect(redrive(unknown, unanswered, { confirmResubmit: true }, at(119))).toMatchObject({
      name: 'SUBMIT_UNDER_WAY',
    });
  });

  it('orders again after a person’s word, once, and keeps what may be gone', () => {
    const operation = redrive(unknown, answered('unknown'), { confirmResubmit: true });
    if (operation.do !== 'restart') throw new Error('Not restarted.');
    const { state } = operation.change;
    expect(operation.change.action).toBe('order-again');
    expect(state).toMatchObject({ status: 'accepted', actor: 'anna', atStakeMicros: 800_000, run: 2 });
    expect(decideSubmit(state, answered('unknown'), at(301))).toEqual({ do: 'post' });
    const second = beginAttempt(state, at(301)).state;
    expect(decideSubmit(second, newAttempt(2, 'hash', at(301)), at(500))).toMatchObject({
      do: 'record-unknown',
    });
  });

  it('of a job whose task is known orders again only when told so', () => {
    const operation = redrive(failed(runningState(), 'yes'), answered('accepted'), { confirmResubmit: true });
    if (operation.do !== 'restart') throw new Error('Not restarted.');
    expect(operation.change.state).toMatchObject({ status: 'accepted', atStakeMicros: 800_000 });
    expect(operation.change.state).not.toHaveProperty('task');
    expect(decideSubmit(operation.change.state, answered('accepted'), at(301))).toEqual({ do: 'post' });
    // Cancelled before the new order: the task of the old one is still in the ledger, and free to ask for.
    const { state } = cancelBeforeSubmit(operation.change.state, at(302));
    expect(redrive(state, answered('accepted'))).toMatchObject({ change: { action: 'ask-again' } });
  });

  it('adopts a task that a person found, and writes it into the ledger', () => {
    expect(redrive(unknown, answered('unknown'), { taskId: 'found' })).toMatchObject({
      do: 'restart',
      change: {
        action: 'adopt-task',
        event: 'Video Job Submitted',
        state: {
          status: 'running',
          task: { id: 'found' },
          slot: 'job#job1',
          submittedAt: T0,
          actor: 'anna',
        },
      },
      attempt: {
        attempt: 1,
        outcome: 'accepted',
        task: { id: 'found' },
        reason: expect.stringContaining('anna'),
      },
    });
    expect(redrive(failed(acceptedState(), 'no'), undefined, { taskId: 'x' })).toMatchObject({
      name: 'NOTHING_ORDERED',
    });
  });

  it.each([
    ['failed', failed(acceptedState(), 'unknown')],
    ['failed and charged', failed(acceptedState(), 'yes')],
  ])('takes no task for a job that %s: its submit was answered', (_, state) => {
    expect(redrive(state, answered('accepted'), { taskId: 'x' })).toMatchObject({ name: 'NO_TASK_EXPECTED' });
  });

  it('ends an order that was given up as failed, charged unknown; it can be ordered again', () => {
    const operation = redrive(unknown, answered('unknown'), { giveUp: true });
    if (operation.do !== 'save') throw new Error('Not saved.');
    expect(operation.change).toMatchObject({
      action: 'give-up',
      state: { status: 'failed', actor: 'anna', failure: { charged: 'unknown' } },
    });
    expect(redrive(operation.change.state, answered('unknown'))).toMatchObject({
      name: 'CONFIRMATION_NEEDED',
    });
  });

  it('has nothing to do for a job that succeeded or is on its way, and wakes one whose workflow stopped', () => {
    expect(redrive(runningState({ status: 'succeeded' }))).toMatchObject({ name: 'NOTHING_TO_REDRIVE' });
    expect(redrive(runningState())).toMatchObject({ name: 'JOB_OPEN' });
    const stopped = giveUp(runningState(), { answered: true }, at(5))?.state ?? runningState();
    expect(redrive(stopped)).toMatchObject({
      do: 'restart',
      change: { action: 'restart', state: { run: 2 } },
    });
  });
});

describe('a second task', () => {
  it('does not push the first out of the record: a person sees both', () => {
    const late = recordTask(runningState(), { id: 'task2' }, settings, at(9));
    expect(late).toMatchObject({
      event: 'Video Job Needs Attention',
      state: { task: { id: 'task1' }, attention: { reason: 'SECOND_TASK' } },
    });
    expect(recordTask(runningState(), { id: 'task1' }, settings, at(9)).event).toBeUndefined();
  });

  it('neither does it open a job again that has its video', () => {
    const { task: _, ...succeeded } = runningState({ status: 'succeeded' });
    expect(recordTask(succeeded, { id: 'task2' }, settings, at(9)).state.status).toBe('succeeded');
  });

  it('a late answer to an order that was given up is recorded, and looked after within a minute', () => {
    const { state } = recordTask(failed(submittingState(), 'unknown'), { id: 'late' }, settings, at(300));
    expect(state).toMatchObject({ status: 'running', task: { id: 'late' }, dueAt: at(360) });
  });
});
