import { Crowd } from './crowd.ts';
import { crowdProviders, crowdStage } from './crowd-stage.ts';
import { deploy } from './deployment.ts';
import { forgetKeys, installEnvironment } from './environment.ts';
import { accidentsWith, type Plan } from './plan.ts';
import { storyOf } from './prove.ts';
import { Random } from './random.ts';
import { troubles } from './troubles.ts';

/** What a crowd may meet at its provider. */
const NAMES = [
  'nothing',
  'nothing',
  '429(1)',
  '429(4)',
  '401(4)',
  'key wrong for hours',
  'refused: submit(2)',
  'poll-500(4)',
  'file-500(3)',
  'failed',
  'plain 500 after accepting',
  'late(100s)',
];

export interface CrowdProven {
  readonly plan: Plan;
  readonly violations: readonly string[];
  readonly statuses: readonly string[];
  readonly calls: number;
  readonly accidents: number;
}

export interface CrowdOptions {
  readonly seed: string;
  readonly crowds: number;
  readonly only?: number | undefined;
  readonly onProven: (proven: CrowdProven, story: readonly string[]) => void;
}

/** Runs crowds one after the other, each in a world of its own. Not in a process that ran another stage. */
export const proveCrowds = async ({ seed, crowds, only, onProven }: CrowdOptions): Promise<void> => {
  const config = crowdStage();
  const deployment = await deploy(config);
  const uninstall = installEnvironment(config);
  try {
    for (let number = only ?? 0; number < (only === undefined ? crowds : only + 1); number += 1) {
      const plan = planOf(seed, number);
      await forgetKeys(crowdProviders);
      const crowd = new Crowd(plan, deployment);
      const remains = await crowd.run();
      const isPlain = plan.accidents.at === 'nowhere' && plan.trouble.name === 'nothing';
      onProven(
        {
          plan,
          violations: [...crowd.judge(remains), ...(isPlain ? crowd.starved() : [])],
          statuses: remains.states.map(({ status }) => status),
          calls: remains.calls.length,
          accidents: remains.accidents.length,
        },
        storyOf(remains),
      );
    }
  } finally {
    await uninstall();
  }
};

const planOf = (seed: string, number: number): Plan => {
  const random = new Random(`${seed}/crowd/${number}`);
  const name = random.pick(NAMES);
  const trouble = troubles.find((each) => each.name === name);
  if (!trouble) throw new Error(`There is no trouble ${name}.`);
  const kind = random.pick(accidentsWith(true));
  const chance = random.next();
  return {
    number,
    seed: `${seed}/crowd/${number}`,
    dialect: 'gptproto',
    trouble,
    arrival: 'ordered',
    delivery: random.pick(['once', 'once', 'twice']),
    accidents:
      chance < 0.15
        ? { at: 'nowhere' }
        : chance < 0.5
          ? { at: 'one call', call: random.below(400), kind }
          : { at: 'any call', chance: random.pick([0.005, 0.01, 0.03]) },
    afterwards: 'nothing',
  };
};
