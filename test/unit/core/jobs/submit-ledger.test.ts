import { decideSubmit, newAttempt } from '../../../../core/jobs/submit-ledger.ts';
import { acceptedState, at, runningState, submittingState, T0 } from '../../../support/jobs.ts';

const attempt = newAttempt(1, 'hash', T0);

describe('the submit ledger', () => {
  it('allows the first POST', () => {
    expect(decideSubmit(acceptedState(), undefined, T0)).toEqual({ do: 'post' });
  });

  it('never repeats an unanswered one: inside the lease it looks again, after it a person is asked', () => {
    expect(decideSubmit(submittingState(), attempt, at(119))).toEqual({ do: 'look-again' });
    expect(decideSubmit(submittingState(), attempt, at(120))).toEqual({
      do: 'record-unknown',
      reason: 'SUBMIT_UNANSWERED',
    });
  });

  it('never repeats one whose answer could not be understood', () => {
    const unknown = { ...attempt, answeredAt: at(1), outcome: 'unknown' as const, reason: '500' };
    expect(decideSubmit(submittingState(), unknown, at(2))).toEqual({ do: 'record-unknown', reason: '500' });
  });

  it('allows another attempt after a refusal', () => {
    const refused = { ...attempt, answeredAt: at(1), outcome: 'refused' as const };
    expect(decideSubmit(acceptedState({ status: 'queued', attempt: 1 }), refused, at(2))).toEqual({
      do: 'post',
    });
  });

  it('records a task that was accepted and not written down', () => {
    const accepted = { ...attempt, answeredAt: at(1), outcome: 'accepted' as const, task: { id: 't' } };
    expect(decideSubmit(submittingState(), accepted, at(2))).toEqual({
      do: 'record-task',
      task: { id: 't' },
    });
  });

  it.each(['running', 'storing', 'succeeded', 'failed', 'cancelled', 'submit-unknown'] as const)(
    'skips a job that is %s',
    (status) => {
      expect(decideSubmit(runningState({ status }), attempt, T0)).toEqual({ do: 'skip' });
    },
  );
});
