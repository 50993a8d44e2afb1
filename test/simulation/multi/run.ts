import { variationsOf } from '../faults/races.ts';
import type { RunOutcome } from '../single/outcome.ts';
import { traceOf } from '../single/run.ts';
import { deploy } from '../world/deployment.ts';
import { forgetKeys, installEnvironment } from '../world/environment.ts';
import { Random } from '../world/random.ts';
import { checkMultiJobInvariants } from './invariants.ts';
import { MultiJobRun } from './multi-job-run.ts';
import { describeMultiJob, type MultiJobScenario, multiJobScenario, raceBases } from './scenario.ts';
import { multiJobProviders, multiJobStage } from './stage.ts';

export interface CheckedMultiJobRun {
  readonly scenario: MultiJobScenario;
  readonly violations: readonly string[];
  readonly statuses: readonly string[];
  readonly calls: number;
  readonly injectedFaults: number;
}

export interface MultiJobOptions {
  readonly seed: string;
  /** A number of runs, runs until they have so many jobs, or each race whose description contains a text. */
  readonly amount: { readonly count: number } | { readonly jobs: number } | { readonly races: string };
  readonly only?: number | undefined;
  readonly onChecked: (proven: CheckedMultiJobRun, trace: readonly string[]) => 'go on' | 'stop';
}

/** Runs and checks multi-job runs, each in a world of its own. The process must not have run another stage. */
export const checkMultiJobRuns = async ({
  seed,
  amount,
  only,
  onChecked,
}: MultiJobOptions): Promise<void> => {
  const config = multiJobStage();
  const deployment = await deploy(config);
  const uninstall = installEnvironment(config);
  const run = async (
    scenario: MultiJobScenario,
  ): Promise<{ multiJobRun: MultiJobRun; outcome: RunOutcome }> => {
    await forgetKeys(multiJobProviders);
    const multiJobRun = new MultiJobRun(scenario, deployment);
    return { multiJobRun, outcome: await multiJobRun.run() };
  };
  try {
    let jobs = 0;
    const races = await racesOf(seed, async (scenario) => (await run(scenario)).outcome.calls);
    const wanted =
      'races' in amount ? races.filter((race) => describeMultiJob(race).includes(amount.races)) : [];
    const isEnough = (number: number) => {
      if ('races' in amount) return number >= wanted.length;
      return 'count' in amount ? number >= amount.count : jobs >= amount.jobs;
    };
    for (let number = only ?? 0; only !== undefined || !isEnough(number); number += 1) {
      const scenario = 'races' in amount ? raceOf(number, wanted) : scenarioOf(seed, number, races);
      const { multiJobRun, outcome } = await run(scenario);
      jobs += outcome.states.length;
      const next = onChecked(
        {
          scenario,
          violations: checkMultiJobInvariants(scenario, multiJobRun, outcome),
          statuses: outcome.states.map(({ status }) => status),
          calls: outcome.calls.length,
          injectedFaults: outcome.injected.length,
        },
        traceOf(outcome),
      );
      if (next === 'stop' || only !== undefined) return;
    }
  } finally {
    await uninstall();
  }
};

/** Every variation of every small world, shuffled. */
const racesOf = async (
  seed: string,
  callsOf: (scenario: MultiJobScenario) => Promise<RunOutcome['calls']>,
): Promise<MultiJobScenario[]> => {
  const races: MultiJobScenario[] = [];
  for (const base of raceBases)
    for (const variation of variationsOf(await callsOf(base))) races.push({ ...base, ...variation });
  return new Random(`${seed}/races`).shuffled(races);
};

// In each round of runs half are races, and one is a backlog.
const ROUND = 12;

const scenarioOf = (seed: string, number: number, races: readonly MultiJobScenario[]): MultiJobScenario =>
  number % 2 === 1
    ? { ...raceOf(Math.floor(number / 2), races), number }
    : multiJobScenario(seed, number, number % ROUND === ROUND - 2);

const raceOf = (number: number, races: readonly MultiJobScenario[]): MultiJobScenario => {
  const race = races[number % races.length];
  if (!race) throw new Error('There are no races to run.');
  return { ...race, number };
};
