import { parseArgs } from 'node:util';
import { describeCrowd } from './crowd-plan.ts';
import { breakGuards, VIOLATED } from './guards.ts';
import { prove } from './prove.ts';
import { proveCrowds } from './prove-crowds.ts';
import { complaint, Outcomes } from './report.ts';

const help = `npm run proof -- [options]

Runs the real functions and the real state machine through thousands of jobs in memory, with a provider that misbehaves and
accidents of our own at every call to the outside, and looks whether every promise held: at most one charge for a job, nothing
paid for that is lost, no secret anywhere, every event published. Ends with 1 when one was broken.

  --jobs N        how many jobs (default 10000)
  --seed TEXT     another course of chance; the same seed is the same proof (default 1)
  --only N        only job N of them, with all that it did
  --crowds N      crowds of jobs at providers with limits, and budgets, instead; with --only crowd N of them
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

const MAX_COMPLAINTS = 25;

const runProof = async (): Promise<number> => {
  const { seed, quiet: isQuiet } = values;
  const jobs = wholeNumber('jobs', values.jobs ?? '10000');
  const only = values.only === undefined ? undefined : wholeNumber('only', values.only);
  const outcomes = new Outcomes();
  const startedAt = performance.now();
  const elapsedSeconds = () => (performance.now() - startedAt) / 1000;
  let violations = 0;
  let complaints = 0;
  let saidAt = 0;
  await prove({
    seed,
    jobs,
    only,
    onProven(proven, story) {
      outcomes.add(proven);
      violations += proven.violations.length;
      if (proven.violations.length > 0 && complaints < MAX_COMPLAINTS) {
        complaints += 1;
        const size = values.jobs === undefined ? '' : ` --jobs ${jobs}`;
        console.log(complaint(proven, `npm run proof -- --seed ${seed}${size} --only ${proven.plan.number}`));
      }
      if (only !== undefined) console.log(story.join('\n'));
      if (values.stop && violations > 0) return 'stop';
      if (isQuiet || elapsedSeconds() - saidAt < 5) return 'go on';
      saidAt = elapsedSeconds();
      console.log(`${outcomes.jobs} of ${jobs} jobs, ${violations} violations, ${saidAt.toFixed(0)} s`);
      return 'go on';
    },
  });
  if (!isQuiet) {
    console.log(`\n${outcomes}\n`);
    console.log(
      `${outcomes.calls} calls to the outside, ${outcomes.accidents} accidents, ${elapsedSeconds().toFixed(0)} s`,
    );
  }
  console.log(`proof: ${outcomes.jobs} jobs, ${outcomes.troubles} faults, ${violations} violations`);
  return violations === 0 ? 0 : VIOLATED;
};

const runCrowds = async (crowds: number): Promise<number> => {
  const { seed } = values;
  const only = values.only === undefined ? undefined : wholeNumber('only', values.only);
  let violations = 0;
  let jobs = 0;
  await proveCrowds({
    seed,
    crowds: { count: crowds },
    only,
    onProven(proven, story) {
      const { plan, statuses } = proven;
      jobs += statuses.length;
      violations += proven.violations.length;
      if (proven.violations.length > 0) {
        console.log([`crowd ${plan.number}: ${describeCrowd(plan)}`, ...proven.violations].join('\n  '));
        console.log(`  again: npm run proof -- --seed ${seed} --crowds ${crowds} --only ${plan.number}`);
      }
      if (only !== undefined) console.log(story.join('\n'));
      return values.stop && violations > 0 ? 'stop' : 'go on';
    },
  });
  console.log(`proof: ${crowds} crowds, ${jobs} jobs, ${violations} violations`);
  return violations === 0 ? 0 : VIOLATED;
};

if (values.help) console.log(help);
else if (values.crowds !== undefined)
  process.exitCode = await runCrowds(wholeNumber('crowds', values.crowds));
else if (values['break-guards'])
  process.exitCode = breakGuards(wholeNumber('jobs', values.jobs ?? '1500'), values.guard) === 0 ? 0 : 1;
else process.exitCode = await runProof();
