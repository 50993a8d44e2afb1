import type { Command } from 'commander';
import * as z from 'zod';
import type { Stats } from '../../client/index.ts';
import { type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { dollars } from '../money-text.ts';
import { type Column, tableText } from '../table.ts';

const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a day such as 2026-11-21');

export const addSpend = (program: Command, context: Context): void => {
  const command = program
    .command('spend')
    .alias('stats')
    .summary('what videos cost, by day and model')
    .description(
      'Jobs, videos and costs by day (UTC) and model, at list prices; for the last week, unless you give days.',
    )
    .option('--day <day>', 'one day: 2026-11-21')
    .option('--from <day>', 'the first day')
    .option('--to <day>', 'the last day')
    .option('--owner <owner>', 'whose jobs, for admins: "drop", or account and role name');
  addExamples(command, [
    ['startframe spend', ''],
    ['startframe spend --owner drop --day 2026-11-21', 'drops in the inbox'],
    ['startframe spend --json', 'money in micro-dollars'],
  ]);
  const options = z.object({
    day: Day.optional(),
    from: Day.optional(),
    to: Day.optional(),
    owner: z.string().optional(),
  });
  onCall(
    command,
    context,
    options,
    async ({ options: { day, from, to, owner }, target, terminal, signal, answer }) => {
      const { api } = await target();
      const stats = await api.showStats({ from: day ?? from, to: day ?? to, owner }, { signal });
      const rows: Row[] = [...stats.days, { day: 'all', model: '', ...stats.total }];
      const of = `Owner ${stats.owner}, ${stats.from} to ${stats.to}.`;
      const note = '"At stake" is what unanswered submits may have cost besides.';
      answer(stats, [tableText(terminal, COLUMNS, rows), '', of, note].join('\n'));
    },
  );
};

type Row = Stats['total'] & { readonly day: string; readonly model: string };

const COLUMNS: readonly Column<Row>[] = [
  { title: 'day', of: ({ day }) => day },
  { title: 'model', of: ({ model }) => model, shrinksTo: 10 },
  { title: 'jobs', of: ({ jobs }) => String(jobs), isRight: true },
  { title: 'failed', of: ({ failed }) => String(failed), isRight: true },
  { title: 'videos', of: ({ videos }) => String(videos), isRight: true },
  { title: 'seconds', of: ({ seconds }) => String(Math.round(seconds)), isRight: true },
  { title: 'cost', of: ({ costMicros }) => dollars(costMicros), isRight: true },
  { title: 'at stake', of: ({ atStakeMicros }) => dollars(atStakeMicros), isRight: true },
];
