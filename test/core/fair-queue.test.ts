import fc from 'fast-check';
import { clockAfter, nextTag, placeOf, tagOf } from '../../core/fair-queue.ts';

/** The queue of one provider, as the table keeps it: places in their order, a tag for each owner, one clock. */
const queue = () => {
  const waiting: { place: string; owner: string }[] = [];
  const lastTags = new Map<string, number>();
  const served: { owner: string; jobId: string }[] = [];
  let clock = 0;
  let count = 0;
  return {
    served,
    waiting,
    join(owner: string): string {
      count += 1;
      const tag = nextTag(clock, lastTags.get(owner));
      lastTags.set(owner, tag);
      // Ids are hashes: they say nothing of who came first.
      const place = placeOf(tag, `${(count * 7919) % 1000}-${count}`);
      waiting.push({ place, owner });
      waiting.sort((one, other) => (one.place < other.place ? -1 : 1));
      return place;
    },
    serve(): { place: string; owner: string } | undefined {
      const next = waiting.shift();
      if (next) {
        clock = clockAfter(clock, next.place);
        served.push({ owner: next.owner, jobId: next.place.split('#')[2] ?? '' });
      }
      return next;
    },
  };
};

const Steps = fc.array(fc.oneof(fc.constantFrom('ann', 'bob', 'cyd'), fc.constant('serve')), {
  maxLength: 200,
});

test('an owner’s kth job waits for at most k + 1 of each other owner, whatever they do', () => {
  fc.assert(
    fc.property(Steps, fc.integer({ min: 1, max: 5 }), (before, jobs) => {
      const line = queue();
      for (const step of before) step === 'serve' ? line.serve() : line.join(step);
      const places = Array.from({ length: jobs }, () => line.join('dan'));
      const overtakers = new Map<string, number>();
      for (let turns = 0; turns < 2000 && places.length > 0; turns += 1) {
        const served = line.serve();
        if (!served) break;
        if (served.place === places[0]) {
          places.shift();
          for (const count of overtakers.values())
            expect(count).toBeLessThanOrEqual(jobs - places.length + 1);
        } else overtakers.set(served.owner, (overtakers.get(served.owner) ?? 0) + 1);
        // The others never stop ordering.
        for (const owner of ['ann', 'bob', 'cyd']) line.join(owner);
      }
      expect(places).toEqual([]);
    }),
  );
});

test('one owner’s jobs are served in the order in which they came', () => {
  fc.assert(
    fc.property(Steps, (steps) => {
      const line = queue();
      for (const step of [...steps, ...Array(steps.length).fill('serve')])
        step === 'serve' ? line.serve() : line.join(step);
      const numbers = line.served.map(({ owner, jobId }) => ({ owner, number: Number(jobId.split('-')[1]) }));
      for (const owner of ['ann', 'bob', 'cyd']) {
        const own = numbers.filter((one) => one.owner === owner).map(({ number }) => number);
        expect(own).toEqual([...own].sort((one, other) => one - other));
      }
    }),
  );
});

test('two owners with much to do take turns, however much more the one has', () => {
  const line = queue();
  for (let index = 0; index < 500; index += 1) line.join('ann');
  for (let index = 0; index < 5; index += 1) line.join('bob');
  for (let index = 0; index < 12; index += 1) line.serve();
  expect(line.served.filter(({ owner }) => owner === 'bob')).toHaveLength(5);
});

test('who rested does not make up for it: the others are not kept out until it has caught up', () => {
  const line = queue();
  for (let index = 0; index < 100; index += 1) line.join('ann');
  for (let index = 0; index < 50; index += 1) line.serve();
  for (let index = 0; index < 50; index += 1) line.join('bob');
  for (let index = 0; index < 20; index += 1) line.serve();
  const since = line.served.slice(50).map(({ owner }) => owner);
  expect(since.filter((owner) => owner === 'ann').length).toBeGreaterThanOrEqual(9);
});

test('places sort as their tags do, and what comes back does not turn back the clock', () => {
  const places = [99, 9, 1_000_000, 10].map((tag) => placeOf(tag, 'x'));
  expect([...places].sort().map(tagOf)).toEqual([9, 10, 99, 1_000_000]);
  expect(clockAfter(50, placeOf(7, 'x'))).toBe(50);
  expect(clockAfter(50, placeOf(70, 'x'))).toBe(70);
});
