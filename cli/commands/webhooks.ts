import type { Command } from 'commander';
import * as z from 'zod';
import { type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { jobText } from '../job-text.ts';

export const addRedeliver = (program: Command, context: Context): void => {
  const command = program
    .command('redeliver')
    .argument('<id>', 'a job')
    .summary('send an event to a job’s webhook once more')
    .option('--event <id>', 'an event of its timeline; default: the last one that goes to webhooks');
  addExamples(command, [['startframe redeliver 5f0c…', '']]);
  onCall(command, context, z.object({ event: z.string().optional() }), async (call) => {
    const [id = ''] = call.words;
    const { api } = await call.target();
    const job = await api.redeliverWebhook(id, { eventId: call.options.event }, { signal: call.signal });
    call.answer(job, jobText(call.terminal, job));
  });
};

export const addWebhookKeys = (program: Command, context: Context): void => {
  const command = program
    .command('webhook-keys')
    .summary('the secret keys that your receivers check signatures with')
    .option('--owner <owner>', 'whose keys, for admins');
  addExamples(command, [['startframe webhook-keys --json', '']]);
  onCall(command, context, z.object({ owner: z.string().optional() }), async (call) => {
    const { api } = await call.target();
    const found = await api.showWebhookKeys({ owner: call.options.owner }, { signal: call.signal });
    call.answer(found, found.keys.join('\n'));
  });
};
