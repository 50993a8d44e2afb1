import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { costTables } from '../../../bench/cost.ts';
import { totalOf } from '../../../bench/prices.ts';

// The validator of CloudFormation takes seconds, and is another test's.
process.env.CDK_VALIDATION = 'false';

test('docs/guides/cost.md says what npm run bench -- cost prints', async () => {
  const page = readFileSync(join(__dirname, '../../../docs/guides/cost.md'), 'utf8');
  expect(page).toContain(await costTables());
}, 60_000);

test('a price is for so many units', () => {
  const transitions = { what: 'state transitions', price: 'transition', count: 19_000 } as const;
  const alarms = { what: 'alarms', price: 'alarm', count: 3 } as const;
  expect(totalOf([transitions, alarms])).toBeCloseTo(0.475 + 0.3);
});
