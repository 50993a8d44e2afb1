import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crowdGuards } from '../../proof/crowd-guards.ts';
import { jobGuards } from '../../proof/job-guards.ts';

test.each([...jobGuards, ...crowdGuards].map((guard) => [guard.name, guard] as const))(
  'the guard is where the proof takes it out: %s',
  (_, { changes }) => {
    for (const { file, from } of changes)
      expect(readFileSync(join(__dirname, '../..', file), 'utf8').split(from)).toHaveLength(2);
  },
);
