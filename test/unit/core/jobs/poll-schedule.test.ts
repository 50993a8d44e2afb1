import fc from 'fast-check';
import { isNear, nextWaitSeconds, timesOf } from '../../../../core/jobs/poll-schedule.ts';
import { providerSettings } from '../../../support/jobs.ts';

const times = providerSettings();
const walk = (untilSeconds: number): number[] => {
  const polls: number[] = [];
  for (let t = times.firstWaitSeconds; t < untilSeconds; t += nextWaitSeconds(t, times)) polls.push(t);
  return polls;
};

describe('the poll plan', () => {
  it('asks a usual job a handful of times: 3 polls in a minute, 6 in two', () => {
    expect(walk(66)).toHaveLength(3);
    expect(walk(121)).toHaveLength(6);
  });

  it('stays far below the history limit over 48 h', () => {
    const polls = walk(172_800).length;
    // 9 history events a poll, 25,000 allowed.
    expect(polls * 9).toBeLessThan(5000);
    expect(polls).toBeGreaterThan(90);
  });

  it('asks every 300 s or slower past the deadline', () => {
    expect(nextWaitSeconds(times.deadlineSeconds, times)).toBeGreaterThanOrEqual(180);
    expect(nextWaitSeconds(10_000, times)).toBe(1000);
    expect(nextWaitSeconds(170_000, times)).toBe(3600);
  });

  it('asks first a little before the fastest tenth, once that is learned', () => {
    expect(timesOf(times, undefined).firstWaitSeconds).toBe(times.firstWaitSeconds);
    expect(timesOf(times, { earliestSeconds: 100, latestSeconds: 150 }).firstWaitSeconds).toBe(80);
    expect(timesOf(times, { earliestSeconds: 0, latestSeconds: 5 }).firstWaitSeconds).toBe(1);
    const { deadlineSeconds } = times;
    expect(timesOf(times, { earliestSeconds: 9999, latestSeconds: 9999 }).firstWaitSeconds).toBe(
      deadlineSeconds,
    );
  });

  it('knows when a video is near, from others or from its own progress', () => {
    const expected = { earliestSeconds: 100, latestSeconds: 150 };
    expect([79, 80, 150, 151].map((elapsed) => isNear(elapsed, expected))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(isNear(100, undefined)).toBe(false);
    expect([79, 80].map((progress) => isNear(1, undefined, progress))).toEqual([false, true]);
  });

  it('honours Retry-After, within an hour', () => {
    expect(nextWaitSeconds(60, times, 120)).toBe(120);
    expect(nextWaitSeconds(60, times, 1e9)).toBe(3600);
    expect(nextWaitSeconds(60, times, 1)).toBe(10);
  });

  it('always answers whole seconds between 1 and 3600', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0, noNaN: true }),
        (t, retry) => {
          const wait = nextWaitSeconds(t, times, retry);
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(1);
          expect(wait).toBeLessThanOrEqual(3600);
        },
      ),
    );
  });
});
