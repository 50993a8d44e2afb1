import { spendMoves, total } from '../../../../core/billing/spend.ts';
import { cancelBeforeSubmit } from '../../../../core/jobs/cancel.ts';
import { fail, succeed } from '../../../../core/jobs/ending.ts';
import type { Failure, JobState } from '../../../../core/jobs/job.ts';
import { redriveJob } from '../../../../core/jobs/redrive.ts';
import { acceptedState, at, runningState, storingState } from '../../../support/jobs.ts';

const video = { bucket: 'b', key: 'k', bytes: 1, sha256: 's', durationSeconds: 8.01, width: 1, height: 1 };
const failed = (state: JobState, charged: Failure['charged']) =>
  fail(state, { code: 'PROVIDER_FAILED', message: 'm', advice: 'a', charged }, at(90)).state;
const none = {
  day: '2026-01-01',
  model: 'veo3.1-fast',
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  videos: 0,
  seconds: 0,
  micros: 0,
  atStakeMicros: 0,
};

it('a video counts with its ending, on the day of its order', () => {
  const storing = storingState();
  const made = succeed(storing, { video, videoCount: 2, costMicros: 700_000 }, at(86_400)).state;
  expect(spendMoves(acceptedState(), storing)).toEqual([]);
  expect(spendMoves(storing, made)).toEqual([
    { ...none, succeeded: 1, videos: 2, seconds: 16.02, micros: 700_000 },
  ]);
});

it('a reservation says the day', () => {
  const storing = storingState({ reserved: { day: '2025-12-31', micros: 800_000 } });
  const made = succeed(storing, { video, videoCount: 1, costMicros: 800_000 }, at(90)).state;
  expect(spendMoves(storing, made)).toMatchObject([{ day: '2025-12-31' }]);
});

it.each<[Failure['charged'], object[]]>([
  ['no', [{ ...none, failed: 1 }]],
  ['yes', [{ ...none, failed: 1, micros: 800_000 }]],
  ['unknown', [{ ...none, failed: 1, atStakeMicros: 800_000 }]],
])('an order without a video, charged: %s', (charged, moves) => {
  expect(spendMoves(runningState(), failed(runningState(), charged))).toEqual(moves);
});

it('a job that goes on after its ending takes it back, so it counts once', () => {
  const ended = failed(runningState(), 'unknown');
  const operation = redriveJob(ended, undefined, { by: 'anna' }, at(100));
  const again = operation.do === 'restart' ? operation.change.state : ended;
  expect(spendMoves(ended, again)).toEqual([{ ...none, failed: -1, atStakeMicros: -800_000 }]);
  const made = succeed(again, { video, videoCount: 1, costMicros: 800_000 }, at(200)).state;
  expect(spendMoves(ended, made)).toEqual([
    {
      ...none,
      succeeded: 1,
      failed: -1,
      videos: 1,
      seconds: 8.01,
      micros: 800_000,
      atStakeMicros: -800_000,
    },
  ]);
});

it('a job that was refused before it had a model counts, without one', () => {
  const { model: _, ...refused } = acceptedState();
  expect(spendMoves(refused, failed(refused, 'no'))).toEqual([{ ...none, model: 'none', failed: 1 }]);
});

it('what another model cost moves there', () => {
  const ended = failed(runningState(), 'yes');
  expect(spendMoves(ended, { ...ended, model: 'veo3.1' })).toEqual([
    { ...none, failed: -1, micros: -800_000 },
    { ...none, model: 'veo3.1', failed: 1, micros: 800_000 },
  ]);
});

it('of an order that was cancelled in time only what was at stake before it is', () => {
  const again = acceptedState({ atStakeMicros: 800_000, cancelRequest: { by: 'anna', at: at(0) } });
  expect(spendMoves(again, cancelBeforeSubmit(again, at(1)).state)).toEqual([
    { ...none, cancelled: 1, atStakeMicros: 800_000 },
  ]);
});

it('of a second order that ended free only the first is at stake, however often a third is wanted', () => {
  const again = acceptedState({ atStakeMicros: 800_000 });
  const ended = failed(again, 'no');
  expect(ended.failure?.charged).toBe('unknown');
  expect(spendMoves(again, ended)).toEqual([{ ...none, failed: 1, atStakeMicros: 800_000 }]);
  const third = redriveJob(
    { ...ended, attempt: 2, task: { id: 't' } },
    undefined,
    { by: 'a', confirmResubmit: true },
    at(1),
  );
  expect(third).toMatchObject({ do: 'restart', change: { state: { atStakeMicros: 800_000 } } });
});

it('adds up', () => {
  const {
    day: _,
    model: __,
    ...spend
  } = {
    ...none,
    succeeded: 1,
    failed: 2,
    videos: 1,
    seconds: 8,
    micros: 3,
    atStakeMicros: 1,
  };
  expect(total([spend, spend])).toEqual({
    succeeded: 2,
    failed: 4,
    cancelled: 0,
    videos: 2,
    seconds: 16,
    micros: 6,
    atStakeMicros: 2,
  });
});
