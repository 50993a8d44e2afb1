import type { Command } from 'commander';
import * as z from 'zod';
import { type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { usageError } from '../errors.ts';
import type { Target } from '../target.ts';
import { printable } from '../terminal.ts';

export const addOutputs = (program: Command, context: Context): void => {
  const command = program
    .command('outputs')
    .summary('print names and addresses of the stack, for a shell')
    .description('Prints the outputs of the stack as lines of NAME=value, which a shell can evaluate.')
    .option(
      '--credentials',
      'print the credentials of the local cloud too: AwsAccessKeyId, AwsSecretAccessKey',
    );
  addExamples(command, [
    ['eval "$(startframe outputs --stage dev)"; echo "$ApiUrl"', ''],
    ['eval "$(startframe outputs --credentials)"', 'of the local stack, to call it with curl or aws'],
  ]);
  onCall(command, context, z.object({ credentials: z.boolean().default(false) }), async (call) => {
    const target = await call.target();
    if (!target.outputs)
      throw usageError(`The outputs of ${target.name} are not known. Name its stack: --stage or --stack.`);
    const outputs = { ...target.outputs, ...(call.options.credentials ? credentialsOf(target) : {}) };
    const lines = Object.entries(outputs).flatMap(lineOf);
    // A shell reads values as they are; a terminal would obey control characters in them.
    const shown = call.terminal.out.isTTY === true ? lines.map(printable) : lines;
    call.answer(outputs, shown.join('\n'));
  });
};

/** Only those of a local cloud: a person's own are theirs to keep. */
const credentialsOf = ({ name, aws }: Target): Record<string, string> => {
  if (!aws.credentials) throw usageError(`${name} has no credentials of its own. Use yours.`);
  const { accessKeyId, secretAccessKey } = aws.credentials;
  return { AwsAccessKeyId: accessKeyId, AwsSecretAccessKey: secretAccessKey };
};

/** Nothing for a name that no variable can have. The quotes keep a shell from reading the value as more than text. */
const lineOf = ([name, value]: readonly [string, string]): string[] =>
  /^[A-Za-z]\w*$/.test(name) ? [`${name}='${value.replaceAll("'", String.raw`'\''`)}'`] : [];
