import { VIOLATED } from './exit-code.ts';
import type { MultiJobOptions } from './multi/run.ts';
import { type MultiJobMessage, MultiJobWorker } from './multi/worker-client.ts';
import { complaint, OutcomeTable } from './report.ts';
import { type CheckedJobRun, checkJobRuns } from './single/run.ts';

export interface RunOptions {
  readonly seed: string;
  readonly jobs: number | undefined;
  readonly crowds: number | undefined;
  /** Only the races whose description contains this. */
  readonly races: string | undefined;
  readonly only: number | undefined;
  readonly stops: boolean;
  readonly isQuiet: boolean;
}

const JOBS = 10_000;
/** The share of the jobs that is in multi-job runs when no option says how many of these. */
const SHARE_IN_CROWDS = 0.4;

const MAX_COMPLAINTS = 25;
const SAY_EVERY_SECONDS = 5;

/** Runs single jobs here and multi-job runs in another thread. Answers the exit code. */
export const runProof = async (options: RunOptions): Promise<number> => {
  const sizes = sizesOf(options);
  const run = new Run(options, sizes.alone);
  const { seed, only } = options;
  const beside =
    sizes.crowds &&
    new MultiJobWorker({ seed, crowds: sizes.crowds, only }, (crowd) => run.addMultiJobRun(crowd));
  run.onStop = () => beside?.stop();
  if (sizes.alone > 0)
    await checkJobRuns({
      seed,
      jobs: sizes.alone,
      only,
      onProven: (proven, trace) => {
        run.addJob(proven, trace);
        return run.isStopped ? 'stop' : 'go on';
      },
    });
  await beside?.end();
  return run.end();
};

const sizesOf = ({
  jobs,
  crowds,
  races,
  only,
}: RunOptions): { alone: number; crowds?: MultiJobOptions['crowds'] } => {
  if (races !== undefined) return { alone: 0, crowds: { races } };
  if (crowds !== undefined) return { alone: jobs ?? 0, ...(crowds > 0 ? { crowds: { count: crowds } } : {}) };
  const all = jobs ?? JOBS;
  const inMultiJobRuns = Math.round(all * SHARE_IN_CROWDS);
  // With --only, a single job alone.
  return {
    alone: all - inMultiJobRuns,
    ...(only === undefined ? { crowds: { jobs: inMultiJobRuns } } : {}),
  };
};

/** Collects the results so far and prints them. */
class Run {
  onStop: () => void = () => undefined;
  isStopped = false;
  private readonly options: RunOptions;
  private readonly alone: number;
  private readonly outcomes = new OutcomeTable();
  private readonly startedAt = performance.now();
  private violations = 0;
  private complaints = 0;
  private saidAt = 0;

  constructor(options: RunOptions, alone: number) {
    this.options = options;
    this.alone = alone;
  }

  addJob(proven: CheckedJobRun, trace: readonly string[]): void {
    this.outcomes.add(proven);
    const { jobs, crowds } = this.options;
    const size = [
      ...(jobs === undefined ? [] : [`--jobs ${jobs}`]),
      ...(crowds === undefined ? [] : ['--crowds 0']),
    ];
    this.reportUnsupported(proven.violations, () =>
      complaint(proven, this.command([...size, `--only ${proven.scenario.number}`])),
    );
    this.notify(trace);
  }

  addMultiJobRun(crowd: MultiJobMessage): void {
    this.outcomes.addMultiJobRun(crowd);
    const { number, description, violations } = crowd;
    const { races } = this.options;
    this.reportUnsupported(violations, () =>
      [
        `multi-job run ${number}: ${description}`,
        ...violations.map((each) => `  ${each}`),
        `  again: ${this.command([races === undefined ? `--crowds ${number + 1}` : `--races --rival '${races}'`, `--only ${number}`])}`,
      ].join('\n'),
    );
    this.notify(crowd.trace);
  }

  end(): number {
    const { outcomes, violations } = this;
    if (!this.options.isQuiet) {
      console.log(`\n${outcomes}\n`);
      console.log(
        `${outcomes.crowds} multi-job runs, ${outcomes.calls} calls to the outside, ${outcomes.injectedFaults} injected faults,  ${this.seconds.toFixed(0)} s`,
      );
    }
    console.log(`proof: ${outcomes.jobs} jobs, ${outcomes.providerFaults} faults, ${violations} violations`);
    return violations === 0 ? 0 : VIOLATED;
  }

  private command(rest: readonly string[]): string {
    return ['npm run proof --', `--seed ${this.options.seed}`, ...rest].join(' ');
  }

  private reportUnsupported(violations: readonly string[], text: () => string): void {
    this.violations += violations.length;
    if (violations.length === 0) return;
    if (this.complaints < MAX_COMPLAINTS) console.log(text());
    this.complaints += 1;
    if (!this.options.stops) return;
    this.isStopped = true;
    this.onStop();
  }

  private notify(trace: readonly string[]): void {
    if (this.options.only !== undefined) console.log(trace.join('\n'));
    if (this.options.isQuiet || this.seconds - this.saidAt < SAY_EVERY_SECONDS) return;
    this.saidAt = this.seconds;
    const of = this.alone > 0 ? ` (${this.outcomes.alone} of ${this.alone} alone)` : '';
    console.log(
      `${this.outcomes.jobs} jobs${of}, ${this.violations} violations, ${this.saidAt.toFixed(0)} s`,
    );
  }

  private get seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}
