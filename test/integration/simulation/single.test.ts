import { complaint, OutcomeTable } from '../../simulation/report.ts';
import { checkJobRuns } from '../../simulation/single/run.ts';
import { describe as describePlan } from '../../simulation/single/scenario.ts';
import { expressionsIn, expressionsSeen } from '../../simulation/world/dynamodb/table.ts';
import { operationsOn } from './operations.ts';

// The whole proof is `npm run proof`. This part of it takes seconds.
const JOBS = 600;

it('keeps every promise through provider faults, injected faults and repetitions', async () => {
  const outcomes = new OutcomeTable();
  const complaints: string[] = [];
  await checkJobRuns({
    seed: 'test',
    jobs: JOBS,
    onChecked(proven) {
      outcomes.add(proven);
      if (proven.violations.length > 0)
        complaints.push(
          complaint(proven, `npm run proof -- --seed test --jobs ${JOBS} --only ${proven.scenario.number}`),
        );
      return 'go on';
    },
  });
  expect(complaints).toEqual([]);
  expect(outcomes.jobs).toBe(JOBS);

  // The table of the proof is compared with a real one in `table.test.ts`, for every expression that was used here.
  const compared = operationsOn('any').flatMap(({ input }) => expressionsIn(input));
  expect([...expressionsSeen].filter((expression) => !compared.includes(expression))).toEqual([]);
}, 180_000);

it('is the same proof with the same seed', async () => {
  const runs = async () => {
    const seen: unknown[] = [];
    await checkJobRuns({
      seed: 'again',
      jobs: 40,
      onChecked({ scenario, ending, calls, injectedFaults }) {
        seen.push([describePlan(scenario), ending, calls, injectedFaults]);
        return 'go on';
      },
    });
    return seen;
  };
  expect(await runs()).toEqual(await runs());
}, 180_000);
