import type { DialectName } from '../../../simulator/dialect-name.ts';
import { dialectNames } from '../faults/provider.ts';
import { type Trouble, troubles } from '../faults/provider-faults.ts';
import type { Accident } from '../world/invocation.ts';
import { Random } from '../world/random.ts';

/** How the job comes in, and how often it is told of. */
export type Arrival =
  | 'dropped'
  | 'dropped, told twice at once'
  | 'dropped, told twice in one batch'
  | 'dropped, told three times, late'
  | 'ordered'
  | 'ordered twice at once'
  | 'ordered again, late';

/** How the events leave. */
export type Delivery = 'once' | 'twice' | 'bus refuses';

export type Accidents =
  | { readonly at: 'nowhere' }
  /** At this call of the course, counted from 0. */
  | { readonly at: 'one call'; readonly call: number; readonly kind: Accident }
  | {
      readonly at: 'two calls';
      readonly calls: readonly [number, number];
      readonly kinds: readonly [Accident, Accident];
    }
  /** So many calls in a row, from this one on. */
  | { readonly at: 'an outage'; readonly from: number; readonly calls: number; readonly kind: Accident }
  /** The job is woken at this call, and from then on the first calls of one step go wrong. */
  | {
      readonly at: 'a broken step';
      readonly from: number;
      readonly functionName: string;
      readonly calls: number;
      readonly kind: Accident;
    }
  /** At any call with this chance. */
  | { readonly at: 'any call'; readonly chance: number };

/** What a person does when nothing happens any more. */
export type Afterwards = 'nothing' | 'redrive' | 'redrive, and pay again' | 'give up' | 'adopt the task';

export interface Plan {
  readonly number: number;
  readonly seed: string;
  readonly dialect: DialectName;
  readonly trouble: Trouble;
  readonly arrival: Arrival;
  readonly delivery: Delivery;
  readonly accidents: Accidents;
  readonly afterwards: Afterwards;
}

const arrivals: readonly Arrival[] = [
  'dropped',
  'dropped, told twice at once',
  'dropped, told twice in one batch',
  'dropped, told three times, late',
  'ordered',
  'ordered twice at once',
  'ordered again, late',
];
const deliveries: readonly Delivery[] = ['once', 'twice', 'bus refuses'];

const wishes: readonly Afterwards[] = [
  'redrive',
  'redrive, and pay again',
  'redrive, and pay again',
  'give up',
  'adopt the task',
];

/** One trouble in one dialect: everything else is varied around it. */
interface Case {
  readonly trouble: Trouble;
  readonly dialect: DialectName;
}

const cases: readonly Case[] = troubles.flatMap((trouble) =>
  (trouble.dialects ?? dialectNames).map((dialect) => ({ trouble, dialect })),
);

/** What the sweeper heals is tried only where there is one. */
export const accidentsWith = (hasSweeper: boolean): readonly Accident[] => [
  'dies-before',
  'dies-after',
  'fails-before',
  'fails-after',
  'given-up',
  'restarted',
  'told-again',
  'cancelled',
  ...(hasSweeper ? (['execution-lost'] as const) : []),
];

export interface Enumeration {
  readonly seed: string;
  readonly jobs: number;
  readonly hasSweeper: boolean;
  /** Calls to the outside of a case that meets no accident; asked for once a case. */
  callsOf(plan: Plan): Promise<number>;
}

// A case that lasts until the retention is over takes a hundred times as long.
const LONG_WEIGHT = 0.12;
// Of the jobs of a case: accidents everywhere by chance, two on purpose, an outage, a broken
// step; the rest has one, at each call in turn.
const ANYWHERE = 0.12;
const TWO = 0.12;
const OUTAGE = 0.14;
const BROKEN_STEP = 0.08;
/** Of the jobs with accidents: a person acts when they are over, of those that are stored only sometimes. */
const AFTERWARDS = 0.5;
const AFTERWARDS_STORED = 0.08;

/** Every case once without an accident, then every case with accidents, until there are so many jobs. */
export async function* plans(enumeration: Enumeration): AsyncGenerator<Plan> {
  const { seed, jobs } = enumeration;
  const order = new Random(seed).shuffled(cases);
  let number = 0;
  // A short proof is not only of the plain ones.
  for (const each of order.slice(0, Math.max(jobs / 3, jobs - order.length))) {
    yield plainPlan(each, seed, number);
    number += 1;
  }
  const weight = order.reduce((sum, each) => sum + weightOf(each), 0);
  for (const [index, each] of order.entries()) {
    const left = jobs - number;
    const share = Math.round(
      (left * weightOf(each)) / order.slice(index).reduce((sum, one) => sum + weightOf(one), 0),
    );
    if (weight === 0 || left <= 0) return;
    // The count of one case must not shift the numbers of the next: each has its own chance.
    const random = new Random(`${seed}/${each.trouble.name}/${each.dialect}`);
    const first = Math.min(share, left);
    const sweep = first > 0 ? await sweepOf(each, enumeration, random) : [];
    for (let position = 0; position < first; position += 1) {
      yield accidentPlan(each, enumeration, number, position, sweep, random);
      number += 1;
    }
  }
}

const weightOf = ({ trouble }: Case): number =>
  trouble.isLong ? LONG_WEIGHT : trouble.name === 'nothing' ? 8 : 1;

const plainPlan = ({ trouble, dialect }: Case, seed: string, number: number): Plan => ({
  number,
  seed: `${seed}/${number}`,
  dialect,
  trouble,
  arrival: arrivals[number % arrivals.length] ?? 'dropped',
  delivery: deliveries[number % deliveries.length] ?? 'once',
  accidents: { at: 'nowhere' },
  afterwards: 'nothing',
});

type Sweep = readonly { readonly call: number; readonly kind: Accident }[];

/** Every accident at every call, in an order by chance: with enough jobs each comes once. */
const sweepOf = async (each: Case, enumeration: Enumeration, random: Random): Promise<Sweep> => {
  const calls = await enumeration.callsOf({
    ...plainPlan(each, enumeration.seed, 0),
    arrival: 'dropped',
    delivery: 'once',
  });
  const kinds = accidentsWith(enumeration.hasSweeper);
  return random.shuffled(
    Array.from({ length: calls }, (_, call) => kinds.map((kind) => ({ call, kind }))).flat(),
  );
};

const accidentPlan = (
  each: Case,
  { seed, hasSweeper }: Enumeration,
  number: number,
  position: number,
  sweep: Sweep,
  random: Random,
): Plan => {
  const kinds = accidentsWith(hasSweeper);
  const one = sweep[position % sweep.length] ?? { call: 0, kind: 'dies-before' };
  const chance = random.next();
  const accidents = ((): Accidents => {
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
        // Long enough to use up one step's tries, or those of several.
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
        // More than a step has tries, or just not.
        calls: 3 + random.below(5),
        kind: random.pick(['fails-before', 'dies-before', 'dies-after']),
      };
    return { at: 'one call', ...one };
  })();
  const wishChance = each.trouble.ends.includes('stored') ? AFTERWARDS_STORED : AFTERWARDS;
  // An accident at the n-th call meets what the plain walk had there only when the job comes in as it did.
  const isPlain = random.next() < 0.6;
  return {
    number,
    seed: `${seed}/${number}`,
    dialect: each.dialect,
    trouble: each.trouble,
    arrival: isPlain ? 'dropped' : random.pick(arrivals),
    delivery: isPlain ? 'once' : random.pick(deliveries),
    accidents,
    afterwards: random.next() < wishChance ? random.pick(wishes) : 'nothing',
  };
};

/** A plan in a line. */
export const describe = ({ trouble, dialect, arrival, delivery, accidents, afterwards }: Plan): string => {
  const events = delivery === 'once' ? '' : `, events ${delivery}`;
  return `${trouble.name}, ${dialect}, ${arrival}${events}, ${describeAccidents(accidents)}${afterwards === 'nothing' ? '' : `, then ${afterwards}`}`;
};

const describeAccidents = (accidents: Accidents): string => {
  switch (accidents.at) {
    case 'nowhere':
      return 'no accident';
    case 'one call':
      return `${accidents.kind} at call ${accidents.call}`;
    case 'two calls':
      return accidents.calls.map((call, index) => `${accidents.kinds[index]} at call ${call}`).join(' and ');
    case 'an outage':
      return `${accidents.kind} at ${accidents.calls} calls from ${accidents.from} on`;
    case 'a broken step':
      return `restarted at call ${accidents.from}, then ${accidents.kind} at ${accidents.calls} calls of ${accidents.functionName}`;
    case 'any call':
      return `accidents at ${accidents.chance * 100} % of the calls`;
  }
};
