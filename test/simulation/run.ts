import type { CrowdOptions } from './multi/run.ts';
import { type CrowdMessage, CrowdsBeside } from './multi/worker-client.ts';
import { VIOLATED } from './mutations/run.ts';
import { complaint, Outcomes } from './report.ts';
import { type Proven, prove } from './single/run.ts';

export interface RunOptions {
  readonly seed: string;
  readonly jobs: number | undefined;
  readonly crowds: number | undefined;
  /** Nothing but the races that have this in their description. */
  readonly races: string | undefined;
  readonly only: number | undefined;
  readonly stops: boolean;
  readonly isQuiet: boolean;
}

const JOBS = 10_000;
/** Of the jobs, where nobody says how many crowds. */
const SHARE_IN_CROWDS = 0.4;

const MAX_COMPLAINTS = 25;
const SAY_EVERY_SECONDS = 5;

/** Jobs alone, and crowds beside them in another thread. Answers how the process ends. */
export const runProof = async (options: RunOptions): Promise<number> => {
  const sizes = sizesOf(options);
  const run = new Run(options, sizes.alone);
  const { seed, only } = options;
  const beside =
    sizes.crowds && new CrowdsBeside({ seed, crowds: sizes.crowds, only }, (crowd) => run.addCrowd(crowd));
  run.onStop = () => beside?.stop();
  if (sizes.alone > 0)
    await prove({
      seed,
      jobs: sizes.alone,
      only,
      onProven: (proven, story) => {
        run.addJob(proven, story);
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
}: RunOptions): { alone: number; crowds?: CrowdOptions['crowds'] } => {
  if (races !== undefined) return { alone: 0, crowds: { races } };
  if (crowds !== undefined) return { alone: jobs ?? 0, ...(crowds > 0 ? { crowds: { count: crowds } } : {}) };
  const all = jobs ?? JOBS;
  const inCrowds = Math.round(all * SHARE_IN_CROWDS);
  // One job alone, looked at closely.
  return { alone: all - inCrowds, ...(only === undefined ? { crowds: { jobs: inCrowds } } : {}) };
};

/** What came out so far, and what is said of it. */
class Run {
  onStop: () => void = () => undefined;
  isStopped = false;
  private readonly options: RunOptions;
  private readonly alone: number;
  private readonly outcomes = new Outcomes();
  private readonly startedAt = performance.now();
  private violations = 0;
  private complaints = 0;
  private saidAt = 0;

  constructor(options: RunOptions, alone: number) {
    this.options = options;
    this.alone = alone;
  }

  addJob(proven: Proven, story: readonly string[]): void {
    this.outcomes.add(proven);
    const { jobs, crowds } = this.options;
    const size = [
      ...(jobs === undefined ? [] : [`--jobs ${jobs}`]),
      ...(crowds === undefined ? [] : ['--crowds 0']),
    ];
    this.complain(proven.violations, () =>
      complaint(proven, this.command([...size, `--only ${proven.plan.number}`])),
    );
    this.tell(story);
  }

  addCrowd(crowd: CrowdMessage): void {
    this.outcomes.addCrowd(crowd);
    const { number, description, violations } = crowd;
    const { races } = this.options;
    this.complain(violations, () =>
      [
        `crowd ${number}: ${description}`,
        ...violations.map((each) => `  ${each}`),
        `  again: ${this.command([races === undefined ? `--crowds ${number + 1}` : `--races --rival '${races}'`, `--only ${number}`])}`,
      ].join('\n'),
    );
    this.tell(crowd.story);
  }

  end(): number {
    const { outcomes, violations } = this;
    if (!this.options.isQuiet) {
      console.log(`\n${outcomes}\n`);
      console.log(
        `${outcomes.crowds} crowds, ${outcomes.calls} calls to the outside, ${outcomes.accidents} accidents, ${this.seconds.toFixed(0)} s`,
      );
    }
    console.log(`proof: ${outcomes.jobs} jobs, ${outcomes.troubles} faults, ${violations} violations`);
    return violations === 0 ? 0 : VIOLATED;
  }

  private command(rest: readonly string[]): string {
    return ['npm run proof --', `--seed ${this.options.seed}`, ...rest].join(' ');
  }

  private complain(violations: readonly string[], text: () => string): void {
    this.violations += violations.length;
    if (violations.length === 0) return;
    if (this.complaints < MAX_COMPLAINTS) console.log(text());
    this.complaints += 1;
    if (!this.options.stops) return;
    this.isStopped = true;
    this.onStop();
  }

  private tell(story: readonly string[]): void {
    if (this.options.only !== undefined) console.log(story.join('\n'));
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
