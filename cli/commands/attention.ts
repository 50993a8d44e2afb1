import type { Command } from 'commander';
import * as z from 'zod';
import type { Attention } from '../../client/index.ts';
import { type Context, Count, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { ageText } from '../job-text.ts';
import { paint, printable, type Terminal } from '../terminal.ts';

export const addAttention = (program: Command, context: Context): void => {
  const command = program
    .command('attention')
    .summary('what needs a person, and what to do')
    .option('--owner <owner>', 'whose, for admins')
    .option('-n, --limit <n>', 'at most so many (default 25)');
  addExamples(command, [['startframe attention', '']]);
  const options = z.object({ owner: z.string().optional(), limit: Count.default(25) });
  onCall(command, context, options, async ({ options: query, target, terminal, signal, answer }) => {
    const { api } = await target();
    const { owner, limit } = query;
    const attention = await api.listAttention({ owner, limit }, { signal });
    answer(attention, attentionText(terminal, attention));
  });
};

const attentionText = (terminal: Terminal, { items }: Attention): string =>
  items.length === 0
    ? 'Nothing needs you.'
    : items
        .map(({ job, reason, since, whatToDo, runbook }) =>
          [
            `${job.jobId}  ${paint(terminal, 'yellow', reason)}  for ${ageText(Date.now() - Date.parse(since))}`,
            `  ${printable(whatToDo)}`,
            paint(terminal, 'dim', `  docs/runbook.md#${runbook}`),
          ].join('\n'),
        )
        .join('\n\n');
