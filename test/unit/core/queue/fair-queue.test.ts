import fc from 'fast-check';
import {
  nextStartTag,
  priorityOfKey,
  queueKeyOf,
  startTagOf,
  type VirtualTimes,
  virtualTimeOf,
  virtualTimesAfter,
} from '../../../../core/queue/fair-queue.ts';
import { Priority } from '../../../../core/request/priority.ts';

/** The queue of one provider, as the table keeps it: places in their order, a tag for each owner and priority, the clocks. */
const queue = () => {
  const waiting: { queueKey: string; owner: string }[] = [];
  const lastTags = new Map<string, number>();
  const served: { owner: string; jobId: string; priority: Priority }[] = [];
  let virtualTimes: VirtualTimes = {};
  let count = 0;
  return {
    served,
    waiting,
    join(owner: string, priority: Priority = 'normal', number?: number): string {
      count += 1;
      const tag = nextStartTag(virtualTimeOf(virtualTimes, priority), lastTags.get(`${priority}#${owner}`));
      lastTags.set(`${priority}#${owner}`, tag);
      // Ids are hashes: they say nothing of who came first.
      const id = number ?? count;
      const queueKey = queueKeyOf(priority, tag, `${(id * 7919) % 1000}-${id}`);
      waiting.push({ queueKey, owner });
      waiting.sort((one, other) => (one.queueKey < other.queueKey ? -1 : 1));
      return queueKey;
    },
    serve(): { queueKey: string; owner: string } | undefined {
      const next = waiting.shift();
      if (next) {
        virtualTimes = virtualTimesAfter(virtualTimes, next.queueKey);
        const [, , jobId = ''] = next.queueKey.split('#');
        served.push({ owner: next.owner, jobId, priority: priorityOfKey(next.queueKey) });
      }
      return next;
    },
  };
};

/** Serves until these jobs are served; who went before each of them, and how often. Takes them out of the list. */
const serveUntilGone = (line: ReturnType<typeof queue>, keys: string[], afterEach: () => void) => {
  const before: ReadonlyMap<string, number>[] = [];
  const overtakers = new Map<string, number>();
  for (let turns = 0; turns < 2000 && keys.length > 0; turns += 1) {
    const served = line.serve();
    if (!served) break;
    if (served.queueKey === keys[0]) {
      keys.shift();
      before.push(new Map(overtakers));
    } else overtakers.set(served.owner, (overtakers.get(served.owner) ?? 0) + 1);
    afterEach();
  }
  return before;
};

const Steps = fc.array(fc.oneof(fc.constantFrom('ann', 'bob', 'cyd'), fc.constant('serve')), {
  maxLength: 200,
  size: 'max',
});

test('an owner’s kth job waits for at most k + 1 of each other owner, whatever they do', () => {
  fc.assert(
    fc.property(Steps, fc.integer({ min: 1, max: 5 }), (before, jobs) => {
      const line = queue();
      for (const step of before) step === 'serve' ? line.serve() : line.join(step);
      const places = Array.from({ length: jobs }, () => line.join('dan'));
      // The others never stop.
      const joinOthers = () => {
        for (const owner of ['ann', 'bob', 'cyd']) line.join(owner);
      };
      const overtakers = serveUntilGone(line, places, joinOthers);
      expect(places).toEqual([]);
      for (const [index, counts] of overtakers.entries())
        for (const count of counts.values()) expect(count).toBeLessThanOrEqual(index + 2);
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
  const places = [99, 9, 1_000_000, 10].map((tag) => queueKeyOf('normal', tag, 'x'));
  expect([...places].sort().map(startTagOf)).toEqual([9, 10, 99, 1_000_000]);
  expect(virtualTimesAfter({ normal: 50 }, queueKeyOf('normal', 7, 'x'))).toEqual({ normal: 50 });
  expect(virtualTimesAfter({ normal: 50 }, queueKeyOf('normal', 70, 'x'))).toEqual({ normal: 70 });
});

const Mixed = fc.array(
  fc.oneof(
    fc.record({
      owner: fc.constantFrom('ann', 'bob', 'cyd'),
      priority: fc.constantFrom(...Priority.options),
    }),
    fc.constant('serve' as const),
  ),
  { maxLength: 200 },
);

test('whatever is more urgent is served first', () => {
  fc.assert(
    fc.property(Mixed, (steps) => {
      const line = queue();
      for (const step of steps) {
        if (step !== 'serve') line.join(step.owner, step.priority);
        else {
          const urgencies = line.waiting.map(({ queueKey }) =>
            Priority.options.indexOf(priorityOfKey(queueKey)),
          );
          const next = line.serve();
          if (next)
            expect(Priority.options.indexOf(priorityOfKey(next.queueKey))).toBe(Math.min(...urgencies));
        }
      }
    }),
  );
});

test('those of one priority are served as if there were no other: what an owner has elsewhere helps and harms nobody', () => {
  fc.assert(
    fc.property(Mixed, fc.constantFrom(...Priority.options), (steps, priority) => {
      const mixed = queue();
      const alone = queue();
      for (const [number, step] of [...steps, ...Array(steps.length).fill('serve' as const)].entries()) {
        if (step !== 'serve') {
          mixed.join(step.owner, step.priority, number);
          if (step.priority === priority) alone.join(step.owner, priority, number);
        } else {
          const next = mixed.serve();
          if (next && priorityOfKey(next.queueKey) === priority) alone.serve();
        }
      }
      expect(mixed.served.filter((one) => one.priority === priority)).toEqual(alone.served);
      expect(mixed.waiting).toEqual([]);
    }),
  );
});

test('who waits with a low priority waits for all that is more urgent, and for no more of its own than ever', () => {
  const line = queue();
  for (let index = 0; index < 50; index += 1) line.join('ann', 'high');
  for (let index = 0; index < 50; index += 1) line.join('ann', 'low');
  line.join('bob', 'low');
  while (line.waiting.length > 0) line.serve();
  const bob = line.served.findIndex(({ owner }) => owner === 'bob');
  expect(line.served.slice(0, bob).filter(({ priority }) => priority === 'high')).toHaveLength(50);
  expect(line.served.slice(0, bob).filter(({ priority }) => priority === 'low').length).toBeLessThanOrEqual(
    2,
  );
});
