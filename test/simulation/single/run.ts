import { deploy } from '../world/deployment.ts';
import { forgetKeys, installEnvironment } from '../world/environment.ts';
import { proofStage } from '../world/stage.ts';
import { judge, type Verdict } from './invariants.ts';
import { Course } from './job-run.ts';
import type { Remains } from './outcome.ts';
import { type Plan, plans } from './scenario.ts';

export interface Proven extends Verdict {
  readonly plan: Plan;
  readonly calls: number;
  readonly accidents: number;
}

export interface ProofOptions {
  readonly seed: string;
  readonly jobs: number;
  /** Only this one of them. */
  readonly only?: number | undefined;
  readonly onProven: (proven: Proven, story: readonly string[]) => 'go on' | 'stop';
}

/** Runs the jobs one after the other, each in a world of its own. */
export const prove = async ({ seed, jobs, only, onProven }: ProofOptions): Promise<void> => {
  const config = proofStage();
  const deployment = await deploy(config);
  const uninstall = installEnvironment(config);
  const run = async (plan: Plan) => {
    await forgetKeys([plan.dialect, `${plan.dialect}-48h`]);
    return new Course(plan, deployment).run();
  };
  try {
    const enumeration = {
      seed,
      jobs,
      hasSweeper: deployment.schedules.length > 0,
      callsOf: async (plan: Plan) => (await run(plan)).calls.length,
    };
    for await (const plan of plans(enumeration)) {
      if (only !== undefined && plan.number !== only) continue;
      const remains = await run(plan);
      const next = onProven(
        { ...judge(remains), plan, calls: remains.calls.length, accidents: remains.accidents.length },
        storyOf(remains),
      );
      if (next === 'stop' || only !== undefined) return;
    }
  } finally {
    await uninstall();
  }
};

export const storyOf = ({ calls, accidents, states, executions }: Remains): string[] => [
  ...calls.map((call) => {
    const accident = accidents.find((each) => each.call.number === call.number);
    return `${call.number} ${call.functionName} ${call.what}${accident ? ` <- ${accident.kind}` : ''}`;
  }),
  ...executions.map(
    ({ name, status, history }) => `${name} ${status}: ${history.map(({ state }) => state).join(' ')}`,
  ),
  ...states.map((state) => JSON.stringify(state)),
];
