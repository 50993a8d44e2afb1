import { type FaultSchedule, injectableFaults } from '../faults/fault-schedule.ts';
import type { ProviderFault } from '../faults/provider-fault.ts';
import { providerFaults } from '../faults/provider-faults.ts';
import type { Race } from '../faults/races.ts';
import { describe, type Scenario } from '../single/scenario.ts';
import { HOUR } from '../world/names.ts';
import type { OperatorAction } from '../world/operator.ts';
import { Random } from '../world/random.ts';
import { LOYAL, MOVABLE, type MultiJobProvider } from './stage.ts';

/** One request of a multi-job run. */
export interface PlannedRequest {
  readonly owner: string;
  readonly afterMs: number;
  readonly prompt: string;
}

/** Several jobs of several owners at one provider with limits, and what operators do meanwhile. */
export interface MultiJobScenario extends Scenario {
  readonly provider: MultiJobProvider;
  /** The parameters of each request besides its prompt. */
  readonly parameters: typeof LOYAL.parameters | typeof MOVABLE.parameters;
  readonly requests: readonly PlannedRequest[];
  /** The daily budget of each owner. */
  readonly dailyMicros: number;
  readonly watchedMs: number;
  /** An admin pauses the provider and resumes it. */
  readonly pause?: { readonly fromMs: number; readonly toMs: number };
  /** At this time an operator redrives all failed jobs. */
  readonly redrive?: { readonly afterMs: number; readonly action: OperatorAction };
  /** Before the first job, slots of jobs that do not exist take all slots. */
  readonly areSlotsLeaked?: boolean;
  readonly race?: Race;
}

/** No fault and no operator: every job must end in time. */
export const isPlain = ({
  faults,
  providerFault,
  pause,
  redrive,
  areSlotsLeaked = false,
  race,
}: MultiJobScenario): boolean =>
  faults.at === 'nowhere' &&
  providerFault.name === 'nothing' &&
  !pause &&
  !redrive &&
  !areSlotsLeaked &&
  race === undefined;

const CIRCUIT_OPEN_FOR_HOURS = 'key wrong for 30 hours';

/** Faults that need more than one job to matter. */
const own: readonly ProviderFault[] = [
  // Longer than the wait of an execution for a slot.
  { name: CIRCUIT_OPEN_FOR_HOURS, key: 'wrong for 30 hours', gatewayFaults: [], ends: [] },
  { name: '429(2, 300s)', gatewayFaults: ['429(2, 300s)'], ends: [] },
  { name: '401(2)', gatewayFaults: ['401(2)'], ends: [] },
];

const providerFaultOf = (name: string): ProviderFault => {
  const providerFault = [...own, ...providerFaults].find((each) => each.name === name);
  if (!providerFault) throw new Error(`There is no provider fault "${name}".`);
  return providerFault;
};

/** Provider faults of multi-job runs. */
const NAMES = [
  'nothing',
  'nothing',
  '429(1)',
  '429(4)',
  '429(2, 300s)',
  '429-day(1)',
  '429-day(4)',
  '401(4)',
  'balance-402(4)',
  'key wrong for hours',
  'key missing for hours',
  'key changed',
  CIRCUIT_OPEN_FOR_HOURS,
  'refused: submit(2)',
  'poll-500(4)',
  'file-500(3)',
  'failed',
  'filtered',
  'plain 500 after accepting',
  'late(100s)',
];

/** The faults that another provider does not have, so that failover helps. */
const MOVING_NAMES = ['key wrong for hours', 'key missing for hours', CIRCUIT_OPEN_FOR_HOURS];

const PROVIDERS: readonly MultiJobProvider[] = ['narrow', 'slow', 'narrow-and-slow'];
const OWNERS = ['Shop', 'Studio', 'Press'];

const actions: readonly OperatorAction[] = ['redrive', 'redrive, and pay again', 'give up', 'adopt the task'];

const promptOf = (number: number): string => `A shoe turns. #${number}`;

/** The first owner comes first and has most of the jobs. */
const mixedRequests = (random: Random): PlannedRequest[] => {
  const size = 6 + random.below(7);
  const others = OWNERS.slice(1, 2 + random.below(2));
  return Array.from({ length: size }, (_, number) => {
    const owner = others[number - size + others.length] ?? 'Shop';
    const afterMs = owner === 'Shop' ? random.below(2) * random.below(10_000) : 30_000;
    return { owner, afterMs, prompt: promptOf(number) };
  });
};

/** One owner comes with a large batch; then others come with one to three jobs each. */
const backlogRequests = (random: Random): PlannedRequest[] => {
  const backlog = Array.from({ length: 40 }, () => ({ owner: 'Shop', afterMs: random.below(20_000) }));
  const others = ['Studio', 'Press', 'Museum'].flatMap((owner) => {
    const comesAfterMs = 40_000 + random.below(300_000);
    return Array.from({ length: 1 + random.below(3) }, () => ({ owner, afterMs: comesAfterMs }));
  });
  return [...backlog, ...others].map((request, number) => ({ ...request, prompt: promptOf(number) }));
};

/** The n-th scenario: a mixed one or a backlog. */
export const multiJobScenario = (seed: string, number: number, isBacklog: boolean): MultiJobScenario => {
  // The text is part of the seed: another one gives other runs.
  const ownSeed = `${seed}/crowd/${number}`;
  const random = new Random(ownSeed);
  const mayMove = !isBacklog && random.next() < 0.15;
  const name = random.pick(mayMove ? MOVING_NAMES : NAMES);
  const requests = isBacklog ? backlogRequests(random) : mixedRequests(random);
  const { parameters, priceMicros } = mayMove ? MOVABLE : LOYAL;
  const isTight = !isBacklog && random.next() < 0.35;
  const isQuiet = random.next() < (isBacklog ? 0.5 : 0.2);
  const fromMs = random.below(240_000);
  return {
    number,
    seed: ownSeed,
    dialect: 'gptproto',
    providerFault: providerFaultOf(isQuiet ? 'nothing' : name),
    arrival: 'requested',
    delivery: random.pick(['once', 'once', 'twice', 'bus refuses']),
    faults: isQuiet ? { at: 'nowhere' } : faultScheduleOf(random),
    finalAction: random.next() < 0.3 ? random.pick(actions) : 'nothing',
    provider: random.pick(PROVIDERS),
    parameters,
    requests,
    dailyMicros: priceMicros * (isTight ? 3 : 1000),
    watchedMs: (name === CIRCUIT_OPEN_FOR_HOURS ? 60 : 40) * HOUR,
    ...(isQuiet ? {} : disturbancesOf(random, fromMs)),
  };
};

type Disturbances = Pick<MultiJobScenario, 'pause' | 'redrive' | 'areSlotsLeaked'>;

const disturbancesOf = (random: Random, pausedFromMs: number): Disturbances => ({
  ...(random.next() < 0.25
    ? { pause: { fromMs: pausedFromMs, toMs: pausedFromMs + 60_000 + random.below(2 * HOUR) } }
    : {}),
  ...(random.next() < 0.2
    ? { redrive: { afterMs: 600_000 + random.below(2 * HOUR), action: random.pick(actions) } }
    : {}),
  ...(random.next() < 0.1 ? { areSlotsLeaked: true } : {}),
});

const faultScheduleOf = (random: Random): FaultSchedule => {
  const kind = random.pick(injectableFaults(true));
  const chance = random.next();
  if (chance < 0.2) return { at: 'nowhere' };
  if (chance < 0.35)
    return {
      at: 'a broken step',
      from: random.below(300),
      functionName: random.pick(['prepare-job', 'await-slot', 'admit-jobs', 'submit-job', 'sweep-jobs']),
      calls: 2 + random.below(3),
      kind: random.pick(['fails-before', 'dies-before', 'dies-after']),
    };
  if (chance < 0.5) return { at: 'one call', call: random.below(400), kind };
  return { at: 'any call', chance: random.pick([0.005, 0.01, 0.03]) };
};

/** The number of the first owner's jobs: enough that the others find a queue. */
const FIRST_OWNER_JOBS = { narrow: 3, slow: 7, 'narrow-and-slow': 3, spare: 0 };

const raceBase = (provider: MultiJobProvider, providerFault: string): MultiJobScenario => ({
  number: 0,
  seed: `race at ${provider}, ${providerFault}`,
  dialect: 'gptproto',
  providerFault: providerFaultOf(providerFault),
  arrival: 'requested',
  delivery: 'once',
  faults: { at: 'nowhere' },
  finalAction: 'nothing',
  provider,
  parameters: LOYAL.parameters,
  requests: [...Array.from({ length: FIRST_OWNER_JOBS[provider] }, () => 'Shop'), 'Studio', 'Press'].map(
    (owner, number) => ({ owner, afterMs: owner === 'Shop' ? 0 : 30_000, prompt: promptOf(number) }),
  ),
  dailyMicros: 1000 * LOYAL.priceMicros,
  watchedMs: 40 * HOUR,
});

/** Scenarios that are small enough to try every race in them. */
export const raceBases: readonly MultiJobScenario[] = [
  ...PROVIDERS.map((provider) => raceBase(provider, 'nothing')),
  raceBase('narrow', '401(2)'),
  raceBase('narrow', '429(1)'),
];

/** The scenario in one line. */
export const describeMultiJob = (scenario: MultiJobScenario): string => {
  const { provider, parameters, requests, pause, redrive, areSlotsLeaked, race } = scenario;
  return [
    `${requests.length} at ${provider} (${parameters.model})`,
    describe(scenario),
    ...(pause ? [`paused from ${pause.fromMs / 1000} to ${pause.toMs / 1000} s`] : []),
    ...(redrive ? [`"${redrive.action}" after ${redrive.afterMs / 1000} s`] : []),
    ...(areSlotsLeaked ? ['all slots leaked'] : []),
    ...(race ? [`${race.rival} at call ${race.call}, stops after ${race.rivalCalls ?? 'its end'}`] : []),
  ].join('; ');
};
