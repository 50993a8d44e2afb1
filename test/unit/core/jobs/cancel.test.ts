import {
  cancelBeforeSubmit,
  cancelJob,
  isCancelDue,
  recordCancelAnswer,
} from '../../../../core/jobs/cancel.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import { decideOnError, decideOnStatus } from '../../../../core/jobs/status-decision.ts';
import { decideSubmit, newAttempt } from '../../../../core/jobs/submit-ledger.ts';
import { recordTask, recordUnknownSubmit } from '../../../../core/jobs/transitions.ts';
import { ProviderError } from '../../../../core/kernel/errors.ts';
import type { TaskStatus } from '../../../../core/providers/provider.ts';
import {
  acceptedState,
  at,
  providerSettings,
  runningState,
  storingState,
  submittingState,
  T0,
} from '../../../support/jobs.ts';

const cancel = (
  state: JobState,
  { abandon = false, canStopProvider = false }: { abandon?: boolean; canStopProvider?: boolean } = {},
) => cancelJob(state, { by: 'anna', abandon, canStopProvider }, at(10));

const wished = { cancelRequest: { by: 'anna', at: T0 } };
const settings = providerSettings();

describe('cancelling', () => {
  it.each([
    ['accepted', acceptedState()],
    ['queued', acceptedState({ status: 'queued', attempt: 1 })],
  ])('ends a job that is %s, free, and says who did it', (_, state) => {
    expect(cancel(state)).toMatchObject({
      do: 'save',
      change: {
        event: 'Video Job Cancelled',
        action: 'cancel',
        state: {
          status: 'cancelled',
          actor: 'anna',
          failure: { code: 'CANCELLED', charged: 'no', message: 'Cancelled by anna.' },
          finishedAt: at(10),
        },
      },
    });
    const ended = cancel(state);
    expect(ended.do === 'save' && 'dueAt' in ended.change.state).toBe(false);
  });

  it('is only noted while the order is under way, once', () => {
    const noted = cancel(submittingState());
    expect(noted).toMatchObject({
      do: 'save',
      change: {
        event: 'Video Job Cancel Requested',
        state: { status: 'submitting', run: 1, cancelRequest: { by: 'anna', at: at(10) }, actor: 'anna' },
      },
    });
    expect(cancel({ ...submittingState(), ...wished })).toEqual({ do: 'nothing' });
  });

  it('has the provider asked to stop by a new run', () => {
    expect(cancel(runningState(), { canStopProvider: true })).toMatchObject({
      do: 'restart',
      change: {
        event: 'Video Job Cancel Requested',
        state: { status: 'running', run: 2, task: { id: 'task1' } },
      },
    });
    expect(cancel(runningState(wished), { canStopProvider: true })).toEqual({ do: 'nothing' });
  });

  it('is refused where the provider cannot be asked, unless the job is abandoned; then its video is still waited for', () => {
    expect(cancel(runningState())).toMatchObject({ do: 'refuse', name: 'CANNOT_CANCEL' });
    expect(cancel(runningState(), { abandon: true })).toMatchObject({
      do: 'save',
      change: {
        action: 'abandon',
        state: {
          status: 'running',
          run: 1,
          dueAt: expect.any(String),
          cancelRequest: { by: 'anna', abandon: true },
        },
      },
    });
  });

  it('before an order is sent again means that it is not sent', () => {
    const refused = { ...newAttempt(1, 'hash', T0), answeredAt: at(1), outcome: 'refused' as const };
    expect(decideSubmit({ ...submittingState(), ...wished }, refused, at(2))).toEqual({ do: 'cancel' });
  });

  it('may be abandoned after the provider refused to stop', () => {
    const refused = runningState({ cancelRequest: { by: 'anna', at: T0, provider: 'refused' } });
    expect(cancel(refused, { canStopProvider: true })).toMatchObject({ name: 'CANNOT_CANCEL' });
    expect(cancel(refused, { canStopProvider: true, abandon: true })).toMatchObject({
      change: { action: 'abandon' },
    });
  });

  it.each([
    [storingState(), 'JOB_STORING'],
    [runningState({ status: 'succeeded' }), 'JOB_ENDED'],
    [runningState({ status: 'failed' }), 'JOB_ENDED'],
    [runningState({ status: 'cancelled' }), 'JOB_ENDED'],
    [recordUnknownSubmit(submittingState(), 'X', T0).state, 'SUBMIT_UNKNOWN'],
  ])('is refused for a job that is $status: %s', (state, name) => {
    expect(cancel(state, { abandon: true, canStopProvider: true })).toMatchObject({ do: 'refuse', name });
  });
});

describe('a cancelled job whose order was answered', () => {
  it('is followed when the order was taken: the money is spent', () => {
    const { state } = recordTask({ ...submittingState(), ...wished }, { id: 't' }, settings, at(5));
    expect(state).toMatchObject({ status: 'running', task: { id: 't' }, ...wished });
  });

  it('has the provider asked to stop only while its answer shows that there is something to stop', () => {
    const state = runningState(wished);
    expect(isCancelDue(state, { state: 'running' })).toBe(true);
    expect(isCancelDue(state, { state: 'queued' })).toBe(true);
    expect(isCancelDue(state, { state: 'succeeded', outputs: [] })).toBe(false);
    expect(isCancelDue(runningState(), { state: 'running' })).toBe(false);
    expect(isCancelDue(recordCancelAnswer(state, 'asked', T0).state, { state: 'running' })).toBe(false);
  });

  it('takes a video that was ready all the same', () => {
    const status: TaskStatus = { state: 'succeeded', outputs: [{ url: 'https://x.example/v.mp4' }] };
    expect(decideOnStatus(runningState(wished), status, settings, at(60))).toMatchObject({
      next: 'store',
      change: { state: { status: 'storing' } },
    });
  });

  it.each(['no', 'yes', 'unknown'] as const)(
    'is cancelled at the first word of it, charged %s as the provider says',
    (charged) => {
      const status: TaskStatus = { state: 'cancelled', reason: 'stopped', charged };
      const { change, next } = decideOnStatus(runningState(wished), status, settings, at(60));
      expect(next).toBe('end');
      expect(change).toMatchObject({
        event: 'Video Job Cancelled',
        state: { status: 'cancelled', failure: { code: 'CANCELLED', charged } },
      });
      expect(change?.state.attention !== undefined).toBe(charged !== 'no');
    },
  );

  it('is cancelled when the provider forgot the task after it was asked to stop, and not before', () => {
    const forgotten = new ProviderError('TaskNotFound', 'no such task', {
      retryable: false,
      charged: 'unknown',
      status: 404,
    });
    const asked = recordCancelAnswer(runningState(wished), 'asked', T0).state;
    expect(decideOnError(asked, forgotten, settings, at(60))).toMatchObject({
      next: 'end',
      change: { state: { status: 'cancelled', failure: { charged: 'unknown' } } },
    });
    expect(decideOnError(runningState(wished), forgotten, settings, at(60)).next).toBe('wait');
  });

  it('ends cancelled, not failed, however it ends without a video', () => {
    const status: TaskStatus = { state: 'failed', reason: 'crash', charged: 'yes' };
    const doubting = runningState({
      ...wished,
      unconfirmed: { verdict: 'failed', reason: 'crash', since: T0, answers: 1 },
    });
    expect(decideOnStatus(doubting, status, settings, at(60)).change).toMatchObject({
      event: 'Video Job Cancelled',
      state: { status: 'cancelled', failure: { code: 'PROVIDER_FAILED', charged: 'yes' } },
    });
  });

  it('does not call an earlier order free', () => {
    const { state } = cancelBeforeSubmit({ ...acceptedState({ atStakeMicros: 800_000 }), ...wished }, at(9));
    expect(state).toMatchObject({ atStakeMicros: 800_000, failure: { charged: 'unknown' } });
  });
});
