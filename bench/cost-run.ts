import type { StageConfig } from '../lib/stage-config.ts';
import { providerFaults } from '../test/simulation/faults/provider-faults.ts';
import { JobRun } from '../test/simulation/single/job-run.ts';
import { simulatedContext } from '../test/simulation/world/context.ts';
import { deploy } from '../test/simulation/world/deployment.ts';
import { forgetKeys, installEnvironment } from '../test/simulation/world/environment.ts';
import { simulationStage } from '../test/simulation/world/stage.ts';
import { TableMeter } from './table-meter.ts';

// One dropped frame becomes a video in the simulation: the real functions and the template's state machine, in memory.

/** What one function did in the run. */
export interface FunctionWork {
  invocations: number;
  readUnits: number;
  writeUnits: number;
  /** Calls to the outside by name: `PutObject`. */
  readonly calls: Map<string, number>;
}

export interface CountedRun {
  readonly polls: number;
  readonly transitions: number;
  readonly events: number;
  readonly work: ReadonlyMap<string, FunctionWork>;
}

const running = (): string => simulatedContext.getStore()?.invocation?.info.functionName ?? '';

class CountingRun extends JobRun {
  readonly work = new Map<string, FunctionWork>();
  private readonly meters = new Map<string, TableMeter>();

  constructor(...given: ConstructorParameters<typeof JobRun>) {
    super(...given);
    const invoke = this.functions.invoke.bind(this.functions);
    this.functions.invoke = (name, event) => {
      this.workOf(name).invocations += 1;
      if (!this.meters.has(name)) this.meters.set(name, new TableMeter(this.table, () => running() === name));
      return invoke(name, event);
    };
  }

  /** One sweep that finds nothing, as on an idle day, and the drop. */
  protected override arrive(): void {
    void this.functions.invoke('sweep-jobs', {});
    super.arrive();
  }

  private workOf(name: string): FunctionWork {
    const known = this.work.get(name) ?? { invocations: 0, readUnits: 0, writeUnits: 0, calls: new Map() };
    this.work.set(name, known);
    return known;
  }

  count(): void {
    for (const [name, { readUnits, writeUnits }] of this.meters)
      Object.assign(this.workOf(name), { readUnits, writeUnits });
    for (const { functionName, what } of this.functions.calls) {
      const { calls } = this.workOf(functionName);
      calls.set(what, (calls.get(what) ?? 0) + 1);
    }
  }
}

/** Providers with a limit, as `dev` and `prod` have. */
const limitedStage = (): StageConfig => {
  const stage = simulationStage();
  const providers = Object.entries(stage.providers).map(([id, settings]) => [
    id,
    { ...settings, maxInFlight: 5 },
  ]);
  return { ...stage, providers: Object.fromEntries(providers) };
};

/** Runs one job without a fault and counts what would be charged. */
export const countedRun = async (): Promise<CountedRun> => {
  const providerFault = providerFaults.find(({ name }) => name === 'nothing');
  if (!providerFault) throw new Error('There is no scenario without a provider fault.');
  const config = limitedStage();
  const deployment = await deploy(config);
  const uninstall = installEnvironment(config);
  try {
    await forgetKeys(Object.keys(config.providers));
    const run = new CountingRun(
      {
        ...{ number: 0, seed: 'bench/cost', dialect: 'gptproto', providerFault, faults: { at: 'nowhere' } },
        ...{ arrival: 'dropped', delivery: 'once', finalAction: 'nothing' },
      },
      deployment,
    );
    const { states, executions, published } = await run.run();
    if (states.some(({ status }) => status !== 'succeeded'))
      throw new Error(`The job made no video: ${JSON.stringify(states)}`);
    run.count();
    const entered = executions.flatMap(({ history }) => history.map(({ state }) => state));
    return {
      polls: entered.filter((state) => state === 'CheckJob').length,
      transitions: entered.length,
      events: published.length,
      work: run.work,
    };
  } finally {
    await uninstall();
  }
};
