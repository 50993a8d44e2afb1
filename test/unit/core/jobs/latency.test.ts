import fc from 'fast-check';
import { bucketOf, countsOf, expectationOf, halved } from '../../../../core/jobs/latency.ts';

const learned = (seconds: readonly number[]) => {
  const item: Record<string, number> = {};
  for (const one of seconds) item[bucketOf(one)] = (item[bucketOf(one)] ?? 0) + 1;
  return countsOf({ pk: 'LATENCY#x', ...item });
};

it('says nothing before enough videos were made', () => {
  expect(expectationOf(learned(Array(7).fill(110)))).toBeUndefined();
  expect(expectationOf(countsOf())).toBeUndefined();
});

it('expects the next one when the others came', () => {
  const expected = expectationOf(learned([...Array(10).fill(110), ...Array(10).fill(130)]));
  expect(expected?.earliestSeconds).toBeGreaterThan(80);
  expect(expected?.earliestSeconds).toBeLessThanOrEqual(110);
  expect(expected?.latestSeconds).toBeGreaterThanOrEqual(130);
  expect(expected?.latestSeconds).toBeLessThan(180);
});

it('is not led astray by one that was fast or slow', () => {
  const most = expectationOf(learned(Array(30).fill(60)));
  expect(expectationOf(learned([...Array(30).fill(60), 5, 3000]))).toEqual(most);
});

it('nine in ten are there between the earliest and the latest, and the earliest is never after the fastest tenth', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { minLength: 8, maxLength: 200 }),
      (seconds) => {
        const { earliestSeconds = Number.NaN, latestSeconds = Number.NaN } =
          expectationOf(learned(seconds)) ?? {};
        expect(earliestSeconds).toBeLessThan(latestSeconds);
        // A second for the rounding; what takes longer than an hour counts as an hour.
        const inTime = seconds.filter((one) => Math.min(one, 3600) <= latestSeconds + 1);
        expect(inTime.length).toBeGreaterThanOrEqual(Math.floor(seconds.length * 0.9));
        const tooEarly = seconds.filter((one) => one < earliestSeconds - 1);
        expect(tooEarly.length).toBeLessThanOrEqual(Math.ceil(seconds.length * 0.1));
      },
    ),
  );
});

it('the past counts half when there is much of it', () => {
  expect(halved(learned(Array(399).fill(60)))).toBeUndefined();
  const half = halved(learned(Array(400).fill(60))) ?? {};
  expect(half[bucketOf(60)]).toBe(200);
  expect(expectationOf(countsOf(half))).toEqual(expectationOf(learned(Array(400).fill(60))));
});
