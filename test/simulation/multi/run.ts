import { variationsOf } from '../faults/races.ts';
import type { Remains } from '../single/outcome.ts';
import { storyOf } from '../single/run.ts';
import { deploy } from '../world/deployment.ts';
import { forgetKeys, installEnvironment } from '../world/environment.ts';
import { Random } from '../world/random.ts';
import { judgeCrowd } from './invariants.ts';
import { Crowd } from './multi-job-run.ts';
import { type CrowdPlan, crowdPlan, describeCrowd, raceBases } from './scenario.ts';
import { crowdProviders, crowdStage } from './stage.ts';

export interface CrowdProven {
  readonly plan: CrowdPlan;
  readonly violations: readonly string[];
  readonly statuses: readonly string[];
  readonly calls: number;
  readonly accidents: number;
}

export interface CrowdOptions {
  readonly seed: string;
  /** So many crowds, or as many as have so many jobs together, or each race once that has this in its description. */
  readonly crowds: { readonly count: number } | { readonly jobs: number } | { readonly races: string };
  readonly only?: number | undefined;
  readonly onProven: (proven: CrowdProven, story: readonly string[]) => 'go on' | 'stop';
}

/** Runs crowds one after the other, each in a world of its own. Not in a process that ran another stage. */
export const proveCrowds = async ({ seed, crowds, only, onProven }: CrowdOptions): Promise<void> => {
  const config = crowdStage();
  const deployment = await deploy(config);
  const uninstall = installEnvironment(config);
  const run = async (plan: CrowdPlan): Promise<{ crowd: Crowd; remains: Remains }> => {
    await forgetKeys(crowdProviders);
    const crowd = new Crowd(plan, deployment);
    return { crowd, remains: await crowd.run() };
  };
  try {
    let jobs = 0;
    const races = await racesOf(seed, async (plan) => (await run(plan)).remains.calls);
    const wanted =
      'races' in crowds ? races.filter((race) => describeCrowd(race).includes(crowds.races)) : [];
    const isEnough = (number: number) => {
      if ('races' in crowds) return number >= wanted.length;
      return 'count' in crowds ? number >= crowds.count : jobs >= crowds.jobs;
    };
    for (let number = only ?? 0; only !== undefined || !isEnough(number); number += 1) {
      const plan = 'races' in crowds ? raceOf(number, wanted) : planOf(seed, number, races);
      const { crowd, remains } = await run(plan);
      jobs += remains.states.length;
      const next = onProven(
        {
          plan,
          violations: judgeCrowd(plan, crowd, remains),
          statuses: remains.states.map(({ status }) => status),
          calls: remains.calls.length,
          accidents: remains.accidents.length,
        },
        storyOf(remains),
      );
      if (next === 'stop' || only !== undefined) return;
    }
  } finally {
    await uninstall();
  }
};

/** Every variation of every small world, in an order by chance. */
const racesOf = async (
  seed: string,
  callsOf: (plan: CrowdPlan) => Promise<Remains['calls']>,
): Promise<CrowdPlan[]> => {
  const races: CrowdPlan[] = [];
  for (const base of raceBases)
    for (const variation of variationsOf(await callsOf(base))) races.push({ ...base, ...variation });
  return new Random(`${seed}/races`).shuffled(races);
};

// Of so many crowds in a row half are races, and one is a backlog.
const ROUND = 12;

const planOf = (seed: string, number: number, races: readonly CrowdPlan[]): CrowdPlan =>
  number % 2 === 1
    ? { ...raceOf(Math.floor(number / 2), races), number }
    : crowdPlan(seed, number, number % ROUND === ROUND - 2);

const raceOf = (number: number, races: readonly CrowdPlan[]): CrowdPlan => {
  const race = races[number % races.length];
  if (!race) throw new Error('There are no races.');
  return { ...race, number };
};
