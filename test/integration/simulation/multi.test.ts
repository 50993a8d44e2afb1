import { checkMultiJobRuns } from '../../simulation/multi/run.ts';
import { describeMultiJob } from '../../simulation/multi/scenario.ts';
import { expressionsIn, expressionsSeen } from '../../simulation/world/dynamodb/table.ts';
import { operationsOn } from './operations.ts';

// The whole proof is `npm run proof`. This part of it takes seconds: one backlog, mixed runs, races.
const RUNS = 12;

it('keeps limits, queue order and budgets through provider faults, injected faults and races', async () => {
  const complaints: unknown[] = [];
  let jobs = 0;
  await checkMultiJobRuns({
    seed: 'test',
    amount: { count: RUNS },
    onChecked({ scenario, statuses, violations }) {
      jobs += statuses.length;
      if (violations.length > 0)
        complaints.push([scenario.number, describeMultiJob(scenario), ...violations]);
      return 'go on';
    },
  });
  expect(complaints).toEqual([]);
  expect(jobs).toBeGreaterThan(100);

  // As in `proof.test.ts`: all that was asked of the table here is compared with a real one.
  const compared = operationsOn('any').flatMap(({ input }) => expressionsIn(input));
  expect([...expressionsSeen].filter((expression) => !compared.includes(expression))).toEqual([]);
}, 240_000);

it('repeats one multi-job run alone exactly', async () => {
  const ran = async (options: { readonly count: number; readonly only?: number }) => {
    const seen: unknown[] = [];
    await checkMultiJobRuns({
      seed: 'again',
      amount: { count: options.count },
      only: options.only,
      onChecked({ scenario, statuses, calls, injectedFaults }) {
        seen.push([describeMultiJob(scenario), statuses, calls, injectedFaults]);
        return 'go on';
      },
    });
    return seen;
  };
  const [, , , last] = await ran({ count: 4 });
  expect(await ran({ count: 4, only: 3 })).toEqual([last]);
}, 120_000);
