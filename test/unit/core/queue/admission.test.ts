import fc from 'fast-check';
import { ProviderError } from '../../../../core/kernel/errors.ts';
import {
  admitAtOnce,
  admitNext,
  gateOf,
  isLimited,
  mayWait,
  needsSlot,
  outcomeOfProbe,
  type Situation,
} from '../../../../core/queue/admission.ts';
import { openCircuit, pause, startProbe } from '../../../../core/queue/circuit-breaker.ts';
import { queueKeyOf } from '../../../../core/queue/fair-queue.ts';
import { newProviderState } from '../../../../core/queue/provider-state.ts';
import { afterThrottle } from '../../../../core/queue/rate-limit.ts';
import { acceptedState, at, runningState, submittingState, T0 } from '../../../support/jobs.ts';

const situation = (changes: Partial<Situation> = {}): Situation => ({
  providerState: newProviderState,
  limits: { maxInFlight: 2 },
  taken: new Set(),
  now: T0,
  chance: 0,
  ...changes,
});
const opened = openCircuit(
  newProviderState,
  {
    jobId: 'job0',
    code: 'PROVIDER_AUTH',
    error: new ProviderError('ProviderUnauthorized', 'wrong key', { retryable: false, charged: 'no' }),
  },
  'gptproto',
  T0,
).providerState;
const heads = ['a', 'b', 'c'].map((jobId, index) => ({
  jobId,
  queueKey: queueKeyOf('normal', index + 1, jobId),
}));

test('there are never more slots than allowed, and each job has its own', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 100 }),
      (maxInFlight, chances) => {
        const taken = new Set<string>();
        for (const chance of chances) {
          const admission = admitAtOnce(situation({ limits: { maxInFlight }, taken, chance }), 'job');
          expect(admission === undefined).toBe(taken.size === maxInFlight);
          if (admission) {
            expect(taken.has(admission.slot)).toBe(false);
            taken.add(admission.slot);
          }
        }
        expect(taken.size).toBe(Math.min(maxInFlight, chances.length));
      },
    ),
  );
});

test('slots that have no number count, too, and those who choose at once beside them choose the same', () => {
  const limits = { maxInFlight: 4 };
  const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 9 });
  const numbers = fc.uniqueArray(fc.constantFrom('0000', '0001', '0002', '0003'));
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 5 }), chances, (numbered, others, each) => {
      const taken = new Set([...numbered, ...Array.from({ length: others }, (_, index) => `job#${index}`)]);
      const chosen = each.map((chance) => admitAtOnce(situation({ limits, taken, chance }), 'job')?.slot);
      expect(new Set(chosen).size).toBe(1);
      expect(chosen[0] === undefined).toBe(taken.size >= limits.maxInFlight);
      expect(taken.has(chosen[0] ?? '')).toBe(false);
    }),
  );
});

test('without limits nothing is looked at; with either there is something to look at', () => {
  expect(isLimited({})).toBe(false);
  expect(isLimited({ maxInFlight: 1 })).toBe(true);
  expect(isLimited({ submitsPerMinute: 1 })).toBe(true);
});

test('those who wait are admitted in their order, as far as there are slots, and the clock goes on', () => {
  const first = admitNext(situation(), heads);
  expect(first).toMatchObject({
    index: 0,
    slot: '0000',
    sendAt: T0,
    providerState: { virtualTimes: { normal: 1 } },
  });
  expect(admitNext(situation({ taken: new Set(['0000', '0001']) }), heads)).toBeUndefined();
  expect(admitNext(situation(), [])).toBeUndefined();
});

test('times are given away a minute ahead, no further', () => {
  const limits = { submitsPerMinute: 60 };
  expect(
    admitNext(situation({ limits, providerState: { ...newProviderState, nextSubmitAt: at(60) } }), heads),
  ).toMatchObject({
    slot: 'job#a',
    sendAt: at(60),
  });
  expect(
    admitNext(situation({ limits, providerState: { ...newProviderState, nextSubmitAt: at(60.5) } }), heads),
  ).toBeUndefined();
});

describe('a opened provider', () => {
  it('admits nobody who just came, one probe of those who wait, and no second one', () => {
    expect(admitAtOnce(situation({ providerState: opened }), 'a')).toBeUndefined();
    const probe = admitNext(situation({ providerState: opened }), heads);
    expect(probe).toMatchObject({
      index: 0,
      sendAt: at(30),
      providerState: { breaker: { probe: { jobId: 'a' } } },
    });
    expect(admitNext(situation({ providerState: probe?.providerState ?? opened }), heads)).toBeUndefined();
  });

  it('is tried by another job each time: one that is refused for its own sake keeps nobody out', () => {
    const probes = [1, 2, 3, 4].map((refusals) => {
      const { breaker } = opened;
      const providerState = breaker ? { ...opened, breaker: { ...breaker, refusals } } : opened;
      return admitNext(situation({ providerState }), heads)?.index;
    });
    expect(probes).toEqual([0, 1, 2, 0]);
  });

  it('is not tried more than a minute before its time', () => {
    const { breaker } = opened;
    const providerState = breaker ? { ...opened, breaker: { ...breaker, retryAt: at(61) } } : opened;
    expect(admitNext(situation({ providerState }), heads)).toBeUndefined();
  });
});

test('a stop by a person admits nobody', () => {
  const providerState = pause(newProviderState, 'ann', undefined, T0);
  expect(admitNext(situation({ providerState }), heads)).toBeUndefined();
  expect(admitAtOnce(situation({ providerState }), 'a')).toBeUndefined();
});

describe('the last look before an order', () => {
  const state = (changes = {}) => acceptedState({ jobId: 'a', slot: '0000', sendAt: T0, ...changes });
  const limits = { maxInFlight: 2, submitsPerMinute: 60 };

  it.each([
    ['lets it go', state(), newProviderState, limits, 'open'],
    ['lets it go where nothing is limited', acceptedState(), newProviderState, {}, 'open'],
    [
      'keeps it from a provider that was stopped',
      state(),
      pause(newProviderState, 'ann', undefined, T0),
      limits,
      'closed',
    ],
    [
      'even where nothing is limited',
      acceptedState(),
      pause(newProviderState, 'ann', undefined, T0),
      {},
      'closed',
    ],
    ['keeps it from a opened provider', state(), opened, limits, 'closed'],
    ['lets the probe go', state(), startProbe(opened, 'a', T0), limits, 'open'],
    ['wants a slot where there are slots', acceptedState({ sendAt: T0 }), newProviderState, limits, 'closed'],
    [
      'wants a time where there are times',
      acceptedState(),
      newProviderState,
      { submitsPerMinute: 1 },
      'closed',
    ],
    [
      'keeps it during a pause that came meanwhile',
      state(),
      afterThrottle(newProviderState, 9, T0),
      limits,
      'closed',
    ],
    ['waits for its time', state({ sendAt: at(3) }), newProviderState, limits, 'ahead'],
    [
      'gives it another time when it missed its own',
      state({ sendAt: at(-9) }),
      newProviderState,
      limits,
      'missed',
    ],
    [
      'asks nobody how late it is without a pace',
      state({ sendAt: at(-9) }),
      newProviderState,
      { maxInFlight: 2 },
      'open',
    ],
  ] as const)('%s', (_, job, providerState, settings, is) => {
    expect(gateOf(job, providerState, settings, T0).is).toBe(is);
  });
});

test('only what is not ordered and not over waits', () => {
  expect(mayWait(acceptedState())).toBe(true);
  expect(mayWait(acceptedState({ status: 'queued' }))).toBe(true);
  expect(mayWait(submittingState())).toBe(false);
  expect(mayWait(runningState())).toBe(false);
  expect(mayWait(acceptedState({ status: 'cancelled' }))).toBe(false);
});

test('a slot is needed by the job that knows of it, until it is over', () => {
  expect(needsSlot(runningState({ slot: '0001' }), '0001')).toBe(true);
  expect(needsSlot(runningState({ slot: '0002' }), '0001')).toBe(false);
  expect(needsSlot(runningState(), '0001')).toBe(false);
  expect(needsSlot(acceptedState({ status: 'failed', slot: '0001' }), '0001')).toBe(false);
});

test.each([
  ['trying', acceptedState({ status: 'queued', slot: '0000' }), 10],
  ['trying', submittingState(), 10],
  ['taken', runningState(), 10],
  ['lost', acceptedState({ status: 'queued' }), 10],
  ['lost', acceptedState({ status: 'cancelled' }), 10],
  ['lost', acceptedState({ status: 'queued', slot: '0000' }), 601],
  ['lost', undefined, 10],
] as const)('a probe is %s', (fate, state, seconds) => {
  expect(outcomeOfProbe(state, { since: T0 }, at(seconds))).toBe(fate);
});
