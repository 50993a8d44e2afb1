import type { Command } from 'commander';
import * as z from 'zod';
import type { Provider } from '../../client/index.ts';
import { type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { type Column, tableText } from '../table.ts';

const NoOptions = z.object({});

export const addProviders = (program: Command, context: Context): void => {
  const command = program
    .command('providers')
    .summary('whether submits go out; for admins: pause and resume');
  addExamples(command, [
    ['startframe providers', ''],
    ['startframe providers pause google --reason "too dear"', 'jobs wait, nothing is lost'],
    ['startframe providers resume google', ''],
  ]);
  onCall(command, context, NoOptions, async ({ target, terminal, signal, answer }) => {
    const { api } = await target();
    const found = await api.listProviders({ signal });
    answer(found, tableText(terminal, COLUMNS, found.providers));
  });

  const pause = command
    .command('pause')
    .argument('<provider>')
    .summary('stop all submits to a provider')
    .option('--reason <text>', 'shown to owners of waiting jobs');
  onCall(pause, context, z.object({ reason: z.string().optional() }), async (call) => {
    const [id = ''] = call.words;
    const { api } = await call.target();
    const { reason } = call.options;
    const provider = await api.pauseProvider(id, { reason }, { signal: call.signal });
    call.answer(provider, tableText(call.terminal, COLUMNS, [provider]));
  });

  const resume = command.command('resume').argument('<provider>').summary('let submits go out again');
  onCall(resume, context, NoOptions, async (call) => {
    const [id = ''] = call.words;
    const { api } = await call.target();
    const provider = await api.resumeProvider(id, { signal: call.signal });
    call.answer(provider, tableText(call.terminal, COLUMNS, [provider]));
  });
};

const COLUMNS: readonly Column<Provider>[] = [
  { title: 'provider', of: ({ id }) => id },
  {
    title: 'in flight',
    of: ({ inFlight, maxInFlight }) =>
      maxInFlight === undefined ? String(inFlight) : `${inFlight} of ${maxInFlight}`,
  },
  { title: 'waiting', of: ({ waiting }) => String(waiting), isRight: true },
  { title: 'a minute', of: ({ submitsPerMinute }) => submitsPerMinute?.toString(), isRight: true },
  { title: 'submits', of: ({ obstacle }) => obstacle?.message ?? 'go out', shrinksTo: 12 },
];
