import * as z from 'zod';
import { addExamples, runMain, wholeNumber } from '../../cli/command-line.ts';
import { runMutations } from './mutations/run.ts';
import { runProof } from './run.ts';

const Options = z.object({
  jobs: z.number().optional(),
  crowds: z.number().optional(),
  races: z.boolean().default(false),
  rival: z.string().default(''),
  throttled: z.boolean().default(false),
  seed: z.string(),
  only: z.number().optional(),
  breakGuards: z.boolean().default(false),
  guard: z.string().default(''),
  stop: z.boolean().default(false),
  quiet: z.boolean().default(false),
});

await runMain({
  name: 'npm run proof --',
  options: Options,
  define: (program) => {
    program
      .description(
        'Runs the real functions and the real state machine through thousands of jobs in memory, with a provider that misbehaves and faults of our own at every call to the outside, and checks every promise: at most one charge for a job, nothing paid for is lost, no secret anywhere, every event published. Two fifths of the jobs run together, at providers with limits and for owners with budgets: never too many in flight or in a minute, every owner gets a turn, a pause holds, and the recorded spend is what was charged. Exit code 1 when a promise was broken.',
      )
      .option('--jobs <n>', 'how many jobs (default: 10000)', wholeNumber)
      .option('--crowds <n>', 'only multi-job runs, this many; with --jobs this many of each', wholeNumber)
      .option(
        '--races',
        'every race of small multi-job runs once (10,000 or so): each rival at each call that dequeues, waits or submits',
      )
      .option('--rival <text>', 'only the races whose description contains this')
      .option('--throttled', 'only the worlds in which Lambda throttles; the whole proof ends with them')
      .option('--seed <text>', 'the seed of chance; the same seed is the same proof', '1')
      .option(
        '--only <n>',
        'only job N, with all that it did; with --crowds only multi-job run N',
        wholeNumber,
      )
      .option(
        '--break-guards',
        'removes the guards one at a time, in a copy, and checks that the proof sees it',
      )
      .option('--guard <text>', 'only the guards whose name contains this')
      .option('--stop', 'ends at the first job that broke a promise')
      .option('--quiet', 'shows only what went wrong, and the last line');
    addExamples(program, [
      ['npm run proof', ''],
      ['npm run proof -- --jobs 400 --crowds 100', 'a small one'],
      ['npm run proof -- --only 17', 'one job, step by step'],
      ['npm run proof -- --break-guards --guard lease', 'does it see a missing guard?'],
    ]);
  },
  async run({ seed, jobs, crowds, only, races, rival, throttled, stop, quiet, breakGuards, guard }) {
    if (breakGuards) return (await runMutations(guard)) === 0 ? 0 : 1;
    return runProof({
      seed,
      jobs,
      multiJobRuns: crowds,
      only,
      races: races ? rival : undefined,
      isThrottled: throttled,
      stops: stop,
      isQuiet: quiet,
    });
  },
});
