import { progressOf } from '../../../../core/api/progress.ts';
import { at, runningState } from '../../../support/jobs.ts';

const expected = { earliestSeconds: 40, latestSeconds: 100 };
const state = runningState({ submittedAt: at(0), expected });

test.each([
  [-5, 0],
  [0, 0],
  [50, 50],
  [99.9, 99],
  [4000, 99],
])('%s s after its order a video of 100 s is at %s %%', (seconds, percent) => {
  expect(progressOf(state, at(seconds))).toEqual({
    percent,
    expectedFrom: at(40),
    expectedUntil: at(100),
  });
});

test('says nothing where nothing was learned, and of what is not being made', () => {
  const { expected: _, ...unknown } = state;
  expect(progressOf(unknown, at(1))).toBeUndefined();
  expect(progressOf({ ...state, status: 'storing' }, at(1))).toBeUndefined();
});
