import { parseStage, type StageConfig } from '../lib/stage-config.ts';
import { providerFaults } from '../test/simulation/faults/provider-faults.ts';
import { JobRun } from '../test/simulation/single/job-run.ts';
import type { RunOutcome } from '../test/simulation/single/outcome.ts';
import type { Scenario } from '../test/simulation/single/scenario.ts';
import { simulatedContext } from '../test/simulation/world/context.ts';
import { deploy } from '../test/simulation/world/deployment.ts';
import { forgetKeys, installEnvironment } from '../test/simulation/world/environment.ts';
import { PROVIDER_HOST } from '../test/simulation/world/names.ts';
import { Operator } from '../test/simulation/world/operator.ts';
import { modelOf, simulationStage } from '../test/simulation/world/stage.ts';
import { TableMeter } from './table-meter.ts';

// What admission costs. The real functions and the template's state machine run in memory, at a provider without limits and
// at one with limits, for one job and for many at once.

const cases = {
  'no limits, 1 job': { provider: 'free', jobs: 1 },
  'no limits, 20 at once': { provider: 'free', jobs: 20 },
  'limits, 1 job': { provider: 'limited', jobs: 1 },
  'limits, 20 at once': { provider: 'limited', jobs: 20 },
};
type Case = (typeof cases)[keyof typeof cases];

/** Not counted: the sweeper runs each minute in any case, and the API's requests are the same in each case. */
const NOT_OF_A_JOB: readonly (string | undefined)[] = [undefined, 'sweep-jobs', 'job-api'];

// Prices of AWS in us-east-1, in µ$: $0.025 for 1,000 transitions; $0.125 and $0.625 for a million units read and written.
const TRANSITION = 25;
const READ_UNIT = 0.125;
const WRITE_UNIT = 0.625;

const benchStage = (): StageConfig => {
  const { providers, ...rest } = simulationStage();
  const [usual] = Object.values(providers);
  const provider = { ...usual, submitBaseUrl: `https://${PROVIDER_HOST}` };
  return parseStage(
    {
      ...rest,
      defaults: { ...rest.defaults, provider: 'free' },
      providers: { free: provider, limited: { ...provider, maxInFlight: 5, submitsPerMinute: 60 } },
    },
    'the stage of this bench',
  );
};

/** Jobs of two owners, all at once. */
class BenchRun extends JobRun {
  readonly meter: TableMeter;
  private readonly bench: Case;

  constructor(bench: Case, ...given: ConstructorParameters<typeof JobRun>) {
    super(...given);
    this.bench = bench;
    this.meter = new TableMeter(
      this.table,
      () => !NOT_OF_A_JOB.includes(simulatedContext.getStore()?.invocation?.info.functionName),
    );
  }

  protected override arrive(): void {
    const { provider, jobs } = this.bench;
    for (let number = 0; number < jobs; number += 1) {
      const owner = `arn:aws:sts::111122223333:assumed-role/${number % 2 === 0 ? 'Shop' : 'Studio'}/instance`;
      const operator = new Operator(this.functions, this.scheduler, () => undefined, owner);
      const request = { prompt: `A shoe turns. #${number}`, provider, model: modelOf('gptproto') };
      void operator.requestJob(request, `order-${number}`);
    }
  }
}

const nothing = providerFaults.find(({ name }) => name === 'nothing');

const scenarioOf = (number: number): Scenario => {
  if (!nothing) throw new Error('There is no scenario without a provider fault.');
  const plain = { arrival: 'requested', delivery: 'once', finalAction: 'nothing' } as const;
  return {
    ...plain,
    number,
    seed: `bench/${number}`,
    dialect: 'gptproto',
    providerFault: nothing,
    faults: { at: 'nowhere' },
  };
};

const perJob = (
  { jobs }: Case,
  { states, executions }: RunOutcome,
  meter: TableMeter,
): Record<string, number> => {
  const made = states.filter(({ status }) => status === 'succeeded').length;
  if (made !== jobs) throw new Error(`${made} of ${jobs} videos were made.`);
  const each = (number: number) => Math.round((10 * number) / jobs) / 10;
  const entered = executions.flatMap(({ history }) => history.map(({ state }) => state));
  const polls = entered.filter((state) => state === 'CheckJob').length;
  const waits = entered.filter((state) => state === 'AwaitSlot' || state === 'WaitForSendSlot').length;
  return {
    polls: each(polls),
    transitions: each(entered.length),
    'of them waiting': each(waits),
    reads: each(meter.reads),
    writes: each(meter.writes),
    'read units': each(meter.readUnits),
    'write units': each(meter.writeUnits),
    µ$: each(TRANSITION * entered.length + READ_UNIT * meter.readUnits + WRITE_UNIT * meter.writeUnits),
    // The number of polls depends on the provider, not on admission.
    'µ$ without polls': each(
      TRANSITION * (entered.length - 3 * polls) + READ_UNIT * meter.readUnits + WRITE_UNIT * meter.writeUnits,
    ),
  };
};

/** Transitions of a job and the requests of its functions to the table, with and without a backlog. */
export const benchAdmission = async (): Promise<void> => {
  const config = benchStage();
  const deployment = await deploy(config);
  const uninstall = installEnvironment(config);
  const rows: Record<string, unknown> = {};
  try {
    for (const [number, [name, bench]] of Object.entries(cases).entries()) {
      await forgetKeys(Object.keys(config.providers));
      const jobRun = new BenchRun(bench, scenarioOf(number), deployment);
      const outcome = await jobRun.run();
      rows[name] = perJob(bench, outcome, jobRun.meter);
    }
  } finally {
    await uninstall();
  }
  console.log('\na job, on average: transitions, and requests of its functions to the table');
  console.table(rows);
};
