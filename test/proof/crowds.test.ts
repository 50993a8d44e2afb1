import { describeCrowd } from '../../proof/crowd-plan.ts';
import { proveCrowds } from '../../proof/prove-crowds.ts';
import { expressionsIn, expressionsSeen } from '../../proof/table.ts';
import { operationsOn } from './operations.ts';

it('keeps to limits, order and budgets through faults, accidents and races', async () => {
  const complaints: unknown[] = [];
  let jobs = 0;
  await proveCrowds({
    seed: 'test',
    crowds: { count: 30 },
    onProven({ plan, statuses, violations }) {
      jobs += statuses.length;
      if (violations.length > 0) complaints.push([plan.number, describeCrowd(plan), ...violations]);
      return 'go on';
    },
  });
  expect(complaints).toEqual([]);
  expect(jobs).toBeGreaterThan(180);

  // As in `proof.test.ts`: all that was asked of the table here is compared with a real one.
  const compared = operationsOn('any').flatMap(({ input }) => expressionsIn(input));
  expect([...expressionsSeen].filter((expression) => !compared.includes(expression))).toEqual([]);
}, 120_000);
