import { checkInvariants } from '../single/invariants.ts';
import type { Scenario } from '../single/scenario.ts';
import { type Deployment, deploy } from '../world/deployment.ts';
import { forgetKeys, installEnvironment } from '../world/environment.ts';
import { simulationStage } from '../world/stage.ts';
import { runCrowd } from './crowd.ts';
import { ThrottledRun, type Throttling } from './throttled-run.ts';

// A new account runs ten functions at once. Lambda's throttling ends no job: it is our trouble, not the customer's.

export interface CheckedThrottledRun {
  readonly description: string;
  readonly jobs: number;
  readonly violations: readonly string[];
}

const STEPS = ['prepare-job', 'submit-job', 'check-job', 'store-video'];

const throttlings: readonly Throttling[] = [
  ...STEPS.map((functionName) => ({ functionName, minutes: 10 })),
  // Longer than any retrier: the execution ends, and the sweeper starts the job again.
  { functionName: 'prepare-job', minutes: 120 },
];

/** A new account's functions at once. */
const FUNCTIONS_AT_ONCE = 10;
const DROPS = 1000;

/** Runs and checks the worlds in which Lambda throttles. */
export const checkThrottledRuns = async (
  seed: string,
  onChecked: (checked: CheckedThrottledRun) => 'go on' | 'stop',
): Promise<void> => {
  const config = simulationStage();
  const deployment = await deploy(config);
  const uninstall = installEnvironment(config);
  try {
    for (const [number, throttling] of throttlings.entries())
      if (onChecked(await checkThrottledJob(seed, number, throttling, deployment)) === 'stop') return;
  } finally {
    await uninstall();
  }
  onChecked(await checkCrowd(seed, deployment));
};

const checkThrottledJob = async (
  seed: string,
  number: number,
  throttling: Throttling,
  deployment: Deployment,
): Promise<CheckedThrottledRun> => {
  const scenario: Scenario = {
    number,
    seed: `${seed}/throttled/${number}`,
    dialect: 'gptproto',
    providerFault: { name: 'nothing', gatewayFaults: [], ends: ['stored'], hours: 12 },
    arrival: 'dropped',
    delivery: 'once',
    faults: { at: 'nowhere' },
    finalAction: 'nothing',
  };
  await forgetKeys(['gptproto', 'gptproto-48h']);
  const outcome = await new ThrottledRun(scenario, deployment, throttling).run();
  const [state] = outcome.states;
  const isMade = state?.status === 'succeeded';
  return {
    description: `${throttling.functionName} for ${throttling.minutes} minutes`,
    jobs: 1,
    violations: [
      ...checkInvariants(outcome).violations,
      ...(isMade ? [] : [`the job is ${state?.status}: ${state?.failure?.code}`]),
    ],
  };
};

const checkCrowd = async (seed: string, deployment: Deployment): Promise<CheckedThrottledRun> => {
  const { lost } = await runCrowd({ deployment, drops: DROPS, functionsAtOnce: FUNCTIONS_AT_ONCE, seed });
  return {
    description: `${DROPS} drops, ${FUNCTIONS_AT_ONCE} functions at once`,
    jobs: DROPS,
    violations: lost > 0 ? [`${lost} executions did not make their video`] : [],
  };
};
