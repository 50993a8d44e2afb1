import type { DialectName } from '../../../simulator/dialect-name.ts';
import { dialectNames } from '../../../simulator/dialect-name.ts';
import { describeFaults, type FaultSchedule, injectableFaults } from '../faults/fault-schedule.ts';
import type { ProviderFault } from '../faults/provider-fault.ts';
import { providerFaults } from '../faults/provider-faults.ts';
import type { Fault } from '../world/call.ts';
import type { OperatorAction } from '../world/operator.ts';
import { Random } from '../world/random.ts';

/** How the job arrives, and how often the pipeline is notified of it. */
export type Arrival =
  | 'dropped'
  | 'dropped, notified twice at once'
  | 'dropped, notified twice in one batch'
  | 'dropped, notified three times, late'
  | 'requested'
  | 'requested twice at once'
  | 'requested again, late';

/** How the events are delivered. */
export type Delivery = 'once' | 'twice' | 'bus refuses';

export interface Scenario {
  readonly number: number;
  readonly seed: string;
  readonly dialect: DialectName;
  readonly providerFault: ProviderFault;
  readonly arrival: Arrival;
  readonly delivery: Delivery;
  readonly faults: FaultSchedule;
  readonly finalAction: OperatorAction;
}

const arrivals: readonly Arrival[] = [
  'dropped',
  'dropped, notified twice at once',
  'dropped, notified twice in one batch',
  'dropped, notified three times, late',
  'requested',
  'requested twice at once',
  'requested again, late',
];
const deliveries: readonly Delivery[] = ['once', 'twice', 'bus refuses'];

const actions: readonly OperatorAction[] = [
  'redrive',
  'redrive, and pay again',
  'redrive, and pay again',
  'give up',
  'adopt the task',
];

/** One provider fault in one dialect; everything else varies around it. */
interface Case {
  readonly providerFault: ProviderFault;
  readonly dialect: DialectName;
}

const cases: readonly Case[] = providerFaults.flatMap((providerFault) =>
  (providerFault.dialects ?? dialectNames).map((dialect) => ({ providerFault, dialect })),
);

export interface Enumeration {
  readonly seed: string;
  readonly jobs: number;
  readonly hasSweeper: boolean;
  /** The number of calls to the outside without injected faults; called once a case. */
  callsOf(scenario: Scenario): Promise<number>;
}

// A case that lasts until the end of the retention takes a hundred times as long.
const LONG_WEIGHT = 0.12;
// The shares of the schedules among the jobs of a case: faults by chance, two faults, an outage, a
// broken step. The rest has one fault, at each call in turn.
const ANYWHERE = 0.12;
const TWO = 0.12;
const OUTAGE = 0.14;
const BROKEN_STEP = 0.08;
/** The share of jobs with injected faults on which an operator acts at the end; fewer of those that end stored. */
const AFTERWARDS = 0.5;
const AFTERWARDS_STORED = 0.08;

/** Every case once without injected faults, then every case with them, until the number of jobs is reached. */
export async function* scenarios(enumeration: Enumeration): AsyncGenerator<Scenario> {
  const { seed, jobs } = enumeration;
  const order = new Random(seed).shuffled(cases);
  let number = 0;
  // A short proof must not consist of plain cases alone.
  for (const each of order.slice(0, Math.max(jobs / 3, jobs - order.length))) {
    yield plainScenario(each, seed, number);
    number += 1;
  }
  const weight = order.reduce((sum, each) => sum + weightOf(each), 0);
  for (const [index, each] of order.entries()) {
    const left = jobs - number;
    const share = Math.round(
      (left * weightOf(each)) / order.slice(index).reduce((sum, one) => sum + weightOf(one), 0),
    );
    if (weight === 0 || left <= 0) return;
    // Each case has its own random numbers, so that the count of one does not shift those of the next.
    const random = new Random(`${seed}/${each.providerFault.name}/${each.dialect}`);
    const first = Math.min(share, left);
    const sweep = first > 0 ? await sweepOf(each, enumeration, random) : [];
    for (let position = 0; position < first; position += 1) {
      yield faultyScenario(each, enumeration, number, position, sweep, random);
      number += 1;
    }
  }
}

const weightOf = ({ providerFault }: Case): number =>
  providerFault.isLong ? LONG_WEIGHT : providerFault.name === 'nothing' ? 8 : 1;

const plainScenario = ({ providerFault, dialect }: Case, seed: string, number: number): Scenario => ({
  number,
  seed: `${seed}/${number}`,
  dialect,
  providerFault,
  arrival: arrivals[number % arrivals.length] ?? 'dropped',
  delivery: deliveries[number % deliveries.length] ?? 'once',
  faults: { at: 'nowhere' },
  finalAction: 'nothing',
});

type Sweep = readonly { readonly call: number; readonly kind: Fault }[];

/** Every fault at every call, shuffled. With enough jobs each comes once. */
const sweepOf = async (each: Case, enumeration: Enumeration, random: Random): Promise<Sweep> => {
  const calls = await enumeration.callsOf({
    ...plainScenario(each, enumeration.seed, 0),
    arrival: 'dropped',
    delivery: 'once',
  });
  const kinds = injectableFaults(enumeration.hasSweeper);
  return random.shuffled(
    Array.from({ length: calls }, (_, call) => kinds.map((kind) => ({ call, kind }))).flat(),
  );
};

const faultyScenario = (
  each: Case,
  { seed, hasSweeper }: Enumeration,
  number: number,
  position: number,
  sweep: Sweep,
  random: Random,
): Scenario => {
  const kinds = injectableFaults(hasSweeper);
  const one = sweep[position % sweep.length] ?? { call: 0, kind: 'dies-before' };
  const chance = random.next();
  const faults = ((): FaultSchedule => {
    if (chance < ANYWHERE) return { at: 'any call', chance: random.pick([0.02, 0.05, 0.1]) };
    if (chance < ANYWHERE + TWO)
      return {
        at: 'two calls',
        calls: [one.call, one.call + 1 + random.below(8)],
        kinds: [one.kind, random.pick(kinds)],
      };
    if (chance < ANYWHERE + TWO + OUTAGE)
      return {
        at: 'an outage',
        from: one.call,
        // Long enough to use up the tries of one step or of several.
        calls: 2 + random.below(random.pick([10, 10, 40])),
        kind: random.pick(['fails-before', 'fails-after', 'dies-before', 'dies-after']),
      };
    if (chance < ANYWHERE + TWO + OUTAGE + BROKEN_STEP)
      return {
        at: 'a broken step',
        from: one.call,
        functionName: random.pick([
          'prepare-job',
          'submit-job',
          'check-job',
          'store-video',
          'finish-job',
          'await-slot',
          'admit-jobs',
        ]),
        // About as many as a step has tries.
        calls: 3 + random.below(5),
        kind: random.pick(['fails-before', 'dies-before', 'dies-after']),
      };
    return { at: 'one call', ...one };
  })();
  const wishChance = each.providerFault.ends.includes('stored') ? AFTERWARDS_STORED : AFTERWARDS;
  // A fault at the n-th call meets the same call as in the plain run only if the job arrives in the same way.
  const isPlain = random.next() < 0.6;
  return {
    number,
    seed: `${seed}/${number}`,
    dialect: each.dialect,
    providerFault: each.providerFault,
    arrival: isPlain ? 'dropped' : random.pick(arrivals),
    delivery: isPlain ? 'once' : random.pick(deliveries),
    faults,
    finalAction: random.next() < wishChance ? random.pick(actions) : 'nothing',
  };
};

/** The scenario in one line. */
export const describe = ({
  providerFault,
  dialect,
  arrival,
  delivery,
  faults,
  finalAction,
}: Scenario): string => {
  const events = delivery === 'once' ? '' : `, events ${delivery}`;
  return `${providerFault.name}, ${dialect}, ${arrival}${events}, ${describeFaults(faults)}${finalAction === 'nothing' ? '' : `, then ${finalAction}`}`;
};
