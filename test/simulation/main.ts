import { parseArgs } from 'node:util';
import { runMutations } from './mutations/run.ts';
import { runProof } from './run.ts';

const help = `npm run proof -- [options]

Runs the real functions and the real state machine through thousands of jobs in memory, with a provider that misbehaves and
accidents of our own at every call to the outside, and looks whether every promise held: at most one charge for a job, nothing
paid for that is lost, no secret anywhere, every event published. Two fifths of the jobs come in crowds, at providers with limits
and of owners with budgets: never too many in flight or in a minute, everybody's turn comes, a stop is a stop, and what is said
to be spent is what was charged. Ends with 1 when a promise was broken.

  --jobs N        how many jobs (default 10000)
  --crowds N      crowds alone, so many of them; with --jobs both, so many of each
  --races         every race of small crowds once (10,000 or so): each rival at each call of those who admit, wait and order
  --rival TEXT    of them only those that have this in their description
  --seed TEXT     another course of chance; the same seed is the same proof (default 1)
  --only N        only job N of them, with all that it did; with --crowds only crowd N
  --break-guards  takes the guards away one at a time, in a copy, and looks whether the proof sees it
  --guard TEXT    only the guards whose name has this in it
  --stop          ends at the first job that broke a promise
  --quiet         only what went wrong, and the last line
  --help`;

const { values } = parseArgs({
  options: {
    jobs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    crowds: { type: 'string' },
    races: { type: 'boolean', default: false },
    rival: { type: 'string', default: '' },
    'break-guards': { type: 'boolean', default: false },
    guard: { type: 'string', default: '' },
    stop: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const wholeNumber = (name: string, text: string): number => {
  if (/^\d+$/.test(text)) return Number(text);
  console.error(`--${name} takes a whole number, not "${text}". See npm run proof -- --help.`);
  process.exit(2);
};

const optionalNumber = (name: 'jobs' | 'crowds' | 'only'): number | undefined => {
  const text = values[name];
  return text === undefined ? undefined : wholeNumber(name, text);
};

if (values.help) console.log(help);
else if (values['break-guards']) process.exitCode = (await runMutations(values.guard)) === 0 ? 0 : 1;
else
  process.exitCode = await runProof({
    seed: values.seed,
    jobs: optionalNumber('jobs'),
    crowds: optionalNumber('crowds'),
    races: values.races ? values.rival : undefined,
    only: optionalNumber('only'),
    stops: values.stop,
    isQuiet: values.quiet,
  });
