import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crowdGuards } from '../../simulation/mutations/crowd-mutations.ts';
import { jobGuards } from '../../simulation/mutations/single-mutations.ts';

test.each([...jobGuards, ...crowdGuards].map((guard) => [guard.name, guard] as const))(
  'the guard is where the proof takes it out: %s',
  (_, { changes }) => {
    for (const { file, from } of changes)
      expect(readFileSync(join(__dirname, '../../..', file), 'utf8').split(from)).toHaveLength(2);
  },
);
