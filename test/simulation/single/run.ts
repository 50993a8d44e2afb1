import { deploy } from '../world/deployment.ts';
import { forgetKeys, installEnvironment } from '../world/environment.ts';
import { simulationStage } from '../world/stage.ts';
import { type CheckResult, checkInvariants } from './invariants.ts';
import { JobRun } from './job-run.ts';
import type { RunOutcome } from './outcome.ts';
import { type Scenario, scenarios } from './scenario.ts';

export interface CheckedJobRun extends CheckResult {
  readonly scenario: Scenario;
  readonly calls: number;
  readonly injectedFaults: number;
}

export interface JobRunOptions {
  readonly seed: string;
  readonly jobs: number;
  /** Only the job of this number. */
  readonly only?: number | undefined;
  readonly onChecked: (proven: CheckedJobRun, trace: readonly string[]) => 'go on' | 'stop';
}

/** Runs and checks the jobs one after the other, each in a world of its own. */
export const checkJobRuns = async ({ seed, jobs, only, onChecked }: JobRunOptions): Promise<void> => {
  const config = simulationStage();
  const deployment = await deploy(config);
  const uninstall = installEnvironment(config);
  const run = async (scenario: Scenario) => {
    await forgetKeys([scenario.dialect, `${scenario.dialect}-48h`]);
    return new JobRun(scenario, deployment).run();
  };
  try {
    const enumeration = {
      seed,
      jobs,
      hasSweeper: deployment.schedules.length > 0,
      callsOf: async (scenario: Scenario) => (await run(scenario)).calls.length,
    };
    for await (const scenario of scenarios(enumeration)) {
      if (only !== undefined && scenario.number !== only) continue;
      const outcome = await run(scenario);
      const next = onChecked(
        {
          ...checkInvariants(outcome),
          scenario,
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

export const traceOf = ({ calls, injected, states, executions }: RunOutcome): string[] => [
  ...calls.map((call) => {
    const fault = injected.find((each) => each.call.number === call.number);
    return `${call.number} ${call.functionName} ${call.what}${fault ? ` <- ${fault.kind}` : ''}`;
  }),
  ...executions.map(
    ({ name, status, history }) => `${name} ${status}: ${history.map(({ state }) => state).join(' ')}`,
  ),
  ...states.map((state) => JSON.stringify(state)),
];
