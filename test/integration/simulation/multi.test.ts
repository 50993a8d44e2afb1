import { checkMultiJobRuns } from '../../simulation/multi/run.ts';
import { describeMultiJob } from '../../simulation/multi/scenario.ts';
import { expressionsIn, expressionsSeen } from '../../simulation/world/dynamodb/table.ts';
import { operationsOn } from './operations.ts';

// The whole proof is `npm run proof`; this is a part of it that takes seconds: one backlog, mixed crowds, races.
const CROWDS = 12;

it('keeps to limits, order and budgets through injectedFaults, accidents and races', async () => {
  const complaints: unknown[] = [];
  let jobs = 0;
  await checkMultiJobRuns({
    seed: 'test',
    crowds: { count: CROWDS },
    onProven({ scenario, statuses, violations }) {
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

it('runs one crowd alone as it ran among the others', async () => {
  const ran = async (options: { readonly count: number; readonly only?: number }) => {
    const seen: unknown[] = [];
    await checkMultiJobRuns({
      seed: 'again',
      crowds: { count: options.count },
      only: options.only,
      onProven({ scenario, statuses, calls, injectedFaults }) {
        seen.push([describeMultiJob(scenario), statuses, calls, injectedFaults]);
        return 'go on';
      },
    });
    return seen;
  };
  const [, , , last] = await ran({ count: 4 });
  expect(await ran({ count: 4, only: 3 })).toEqual([last]);
}, 120_000);
