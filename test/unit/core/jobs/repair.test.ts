import { repairPauseSeconds } from '../../../../core/jobs/change.ts';
import { fail, giveUp } from '../../../../core/jobs/ending.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import { decideRepair, isEarlyRepairAllowed } from '../../../../core/jobs/repair.ts';
import { recordUnknownSubmit } from '../../../../core/jobs/transitions.ts';
import { secondsBetween } from '../../../../core/kernel/time.ts';
import { acceptedState, at, runningState, storingState, submittingState, T0 } from '../../../support/jobs.ts';

describe('a job that is due', () => {
  it('with a living execution is looked at later, and nothing else', () => {
    expect(decideRepair(runningState(), 'running', at(10))).toEqual({ do: 'look-later', dueAt: at(910) });
  });

  it('that was never started is started, in the same run', () => {
    expect(decideRepair(acceptedState(), 'never-started', at(10))).toEqual({ do: 'start', dueAt: at(910) });
  });

  it.each([
    ['accepted', acceptedState()],
    ['queued', acceptedState({ status: 'queued' })],
    ['submitting', submittingState()],
    ['running', runningState()],
    ['overdue', runningState({ overdue: true })],
    ['storing', storingState()],
  ])('whose execution ended while it is %s gets another run, its status untouched', (_, state) => {
    expect(decideRepair(state, 'ended', at(10))).toMatchObject({
      do: 'restart',
      change: { state: { status: state.status, run: 2, repairs: 1 }, action: 'repair' },
    });
  });

  it('is left alone when it is over or waits for a person', () => {
    const failed = fail(
      runningState(),
      { code: 'PROVIDER_FAILED', message: 'm', advice: 'a', charged: 'no' },
      T0,
    ).state;
    const unknown = recordUnknownSubmit(submittingState(), 'X', T0).state;
    for (const state of [failed, unknown])
      expect(decideRepair(state, 'ended', at(10))).toEqual({ do: 'nothing' });
  });
});

describe('a job that breaks each time', () => {
  /** Restarted as soon as it is due, and broken again at once. */
  const broken = (times: number): { states: JobState[]; events: (string | undefined)[] } => {
    let state = runningState();
    const states: JobState[] = [];
    const events: (string | undefined)[] = [];
    for (let count = 0; count < times; count += 1) {
      const now = state.dueAt ?? T0;
      const repair = decideRepair(state, 'ended', now);
      if (repair.do !== 'restart') throw new Error('Not restarted.');
      events.push(repair.change.event);
      state = giveUp(repair.change.state, { answered: true }, now)?.state ?? repair.change.state;
      states.push(state);
    }
    return { states, events };
  };

  it('is started again after growing pauses', () => {
    const pauses = broken(7).states.map(({ updatedAt, dueAt }) => secondsBetween(updatedAt, dueAt ?? T0));
    expect(pauses).toEqual([240, 960, 3840, 15_360, 21_600, 21_600, 21_600]);
    expect(pauses).toEqual(pauses.map((_, index) => repairPauseSeconds(index + 1)));
  });

  it('is looked at again after the same pauses when its workflow could not even say that it stopped', () => {
    for (const repairs of [1, 2, 3]) {
      const repair = decideRepair(runningState({ repairs }), 'ended', at(0));
      expect(repair).toMatchObject({ change: { state: { dueAt: at(repairPauseSeconds(repairs + 1)) } } });
    }
  });

  it('is a person’s to look at after the third time', () => {
    const { states, events } = broken(4);
    expect(events).toEqual([
      'Video Job Restarted',
      'Video Job Restarted',
      'Video Job Needs Attention',
      'Video Job Restarted',
    ]);
    expect(states[3]?.attention).toMatchObject({ reason: 'WORKFLOW_STOPPED' });
  });

  it('is repaired early only the first time', () => {
    expect(isEarlyRepairAllowed(runningState(), at(1))).toBe(true);
    const again = runningState({ repairs: 1, dueAt: at(240) });
    expect(isEarlyRepairAllowed(again, at(239))).toBe(false);
    expect(isEarlyRepairAllowed(again, at(240))).toBe(true);
  });
});
