import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Command } from 'commander';
import * as z from 'zod';
import { readSecret } from '../ask.ts';
import { type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { usageError } from '../errors.ts';
import { secretArnOf, secretsClient } from '../provider-secrets.ts';

export const addSetKey = (program: Command, context: Context): void => {
  const command = program
    .command('set-key')
    .argument('<provider>', 'an id of the stage’s providers')
    .summary('give a provider’s API key to the stack')
    .description(
      'Asks for the key, or reads it from a pipe, and puts it into the stack’s secret. It shows the key nowhere, and takes it from no option: the shell would remember it.',
    );
  addExamples(command, [
    ['startframe set-key gptproto --stage dev', 'asks, and does not show what you type'],
    ['pass show gptproto | startframe set-key gptproto --stage dev', 'from a program'],
  ]);
  onCall(command, context, z.object({}), async (call) => {
    const [provider = ''] = call.words;
    const target = await call.target();
    const SecretId = secretArnOf(target, provider);
    const key = await readSecret(call.terminal, `API key of ${provider} for ${target.name}: `);
    if (key === '') throw usageError('No key was given. Nothing was changed.');
    if (/\s|\p{Cc}/u.test(key))
      throw usageError('A key has no spaces and no line breaks. Nothing was changed.');
    await secretsClient(target).send(new PutSecretValueCommand({ SecretId, SecretString: key }));
    call.answer(
      { provider, secret: SecretId },
      `The key of ${provider} is set. Functions use it within five minutes.`,
    );
  });
};
