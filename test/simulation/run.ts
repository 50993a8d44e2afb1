import { VIOLATED } from './exit-code.ts';
import type { MultiJobOptions } from './multi/run.ts';
import { type MultiJobMessage, MultiJobWorker } from './multi/worker-client.ts';
import { complaint, OutcomeTable } from './report.ts';
import { type CheckedJobRun, checkJobRuns } from './single/run.ts';
import { type CheckedThrottledRun, checkThrottledRuns } from './throttled/run.ts';

export interface RunOptions {
  readonly seed: string;
  readonly jobs: number | undefined;
  readonly multiJobRuns: number | undefined;
  /** Only the races whose description contains this. */
  readonly races: string | undefined;
  readonly only: number | undefined;
  /** Only the worlds in which Lambda throttles. */
  readonly isThrottled: boolean;
  readonly stops: boolean;
  readonly isQuiet: boolean;
}

const JOBS = 10_000;
/** The share of the jobs that is in multi-job runs when no option says how many of these. */
const SHARE_IN_MULTI_JOB_RUNS = 0.4;

const MAX_COMPLAINTS = 25;
const SAY_EVERY_SECONDS = 5;

/** Runs single jobs here and multi-job runs in another thread. Answers the exit code. */
export const runProof = async (options: RunOptions): Promise<number> => {
  const sizes = sizesOf(options);
  const run = new Run(options, sizes.single);
  const { seed, only } = options;
  const worker =
    sizes.multiJobRuns &&
    new MultiJobWorker({ seed, amount: sizes.multiJobRuns, only }, (multiJobRun) =>
      run.addMultiJobRun(multiJobRun),
    );
  run.onStop = () => worker?.stop();
  if (sizes.single > 0)
    await checkJobRuns({
      seed,
      jobs: sizes.single,
      only,
      onChecked: (checked, trace) => {
        run.addJob(checked, trace);
        return run.isStopped ? 'stop' : 'go on';
      },
    });
  await worker?.end();
  if (sizes.hasThrottledRuns)
    await checkThrottledRuns(seed, (checked) => {
      run.addThrottledRun(checked);
      return run.isStopped ? 'stop' : 'go on';
    });
  return run.end();
};

const sizesOf = ({
  jobs,
  multiJobRuns,
  races,
  only,
  isThrottled,
}: RunOptions): {
  single: number;
  multiJobRuns?: MultiJobOptions['amount'];
  hasThrottledRuns?: boolean;
} => {
  if (isThrottled) return { single: 0, hasThrottledRuns: true };
  if (races !== undefined) return { single: 0, multiJobRuns: { races } };
  if (multiJobRuns !== undefined)
    return { single: jobs ?? 0, ...(multiJobRuns > 0 ? { multiJobRuns: { count: multiJobRuns } } : {}) };
  const all = jobs ?? JOBS;
  const inMultiJobRuns = Math.round(all * SHARE_IN_MULTI_JOB_RUNS);
  // With --only, a single job alone.
  return {
    single: all - inMultiJobRuns,
    ...(only === undefined ? { multiJobRuns: { jobs: inMultiJobRuns }, hasThrottledRuns: true } : {}),
  };
};

/** Collects the results so far and prints them. */
class Run {
  onStop: () => void = () => undefined;
  isStopped = false;
  private readonly options: RunOptions;
  private readonly single: number;
  private readonly outcomes = new OutcomeTable();
  private readonly startedAt = performance.now();
  private violations = 0;
  private complaints = 0;
  private saidAt = 0;

  constructor(options: RunOptions, single: number) {
    this.options = options;
    this.single = single;
  }

  addJob(checked: CheckedJobRun, trace: readonly string[]): void {
    this.outcomes.add(checked);
    const { jobs, multiJobRuns } = this.options;
    const size = [
      ...(jobs === undefined ? [] : [`--jobs ${jobs}`]),
      ...(multiJobRuns === undefined ? [] : ['--crowds 0']),
    ];
    this.reportUnsupported(checked.violations, () =>
      complaint(checked, this.command([...size, `--only ${checked.scenario.number}`])),
    );
    this.notify(trace);
  }

  addMultiJobRun(multiJobRun: MultiJobMessage): void {
    this.outcomes.addMultiJobRun(multiJobRun);
    const { number, description, violations } = multiJobRun;
    const { races } = this.options;
    this.reportUnsupported(violations, () =>
      [
        `multi-job run ${number}: ${description}`,
        ...violations.map((each) => `  ${each}`),
        `  again: ${this.command([races === undefined ? `--crowds ${number + 1}` : `--races --rival '${races}'`, `--only ${number}`])}`,
      ].join('\n'),
    );
    this.notify(multiJobRun.trace);
  }

  addThrottledRun({ description, jobs, violations }: CheckedThrottledRun): void {
    this.outcomes.throttledJobs += jobs;
    this.outcomes.jobs += jobs;
    this.reportUnsupported(violations, () =>
      [
        `throttled: ${description}`,
        ...violations.map((each) => `  ${each}`),
        `  again: ${this.command(['--throttled'])}`,
      ].join('\n'),
    );
  }

  end(): number {
    const { outcomes, violations } = this;
    if (!this.options.isQuiet) {
      console.log(`\n${outcomes}\n`);
      console.log(
        `${outcomes.multiJobRuns} multi-job runs, ${outcomes.calls} calls to the outside, ${outcomes.injectedFaults} injected faults, ${this.seconds.toFixed(0)} s`,
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
    const of = this.single > 0 ? ` (${this.outcomes.single} of ${this.single} alone)` : '';
    console.log(
      `${this.outcomes.jobs} jobs${of}, ${this.violations} violations, ${this.saidAt.toFixed(0)} s`,
    );
  }

  private get seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}
