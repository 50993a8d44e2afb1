import type { Command } from 'commander';
import * as z from 'zod';
import { checkedOptions } from './command-line.ts';
import { findTarget, type Target } from './target.ts';
import type { Terminal } from './terminal.ts';

/** What a command may use besides its own words. */
export interface Context {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** What relative paths are relative to. */
  readonly folder: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Options that every command has. */
const CommonOptions = z.object({
  json: z.boolean().default(false),
  url: z.string().optional(),
  stack: z.string().optional(),
  stage: z.string().optional(),
  outputs: z.string().optional(),
  profile: z.string().optional(),
  region: z.string().optional(),
});
type CommonOptions = z.infer<typeof CommonOptions>;

export const addCommonOptions = (program: Command): Command =>
  program
    .option('--json', 'the answer as JSON, on standard output')
    .option('--stage <name>', 'the stack startframe-<name> on AWS')
    .option('--stack <name>', 'a stack on AWS by its name')
    .option('--url <url>', 'an API by its address')
    .option('--outputs <file>', 'a local stack by the file that npm start wrote')
    .option('--profile <name>', 'a profile of the AWS configuration files')
    .option('--region <name>', 'the region of the stack');

/** One call of a command. */
export interface Call<Options> extends Context {
  readonly words: readonly string[];
  readonly options: Options & CommonOptions;
  target(): Promise<Target>;
  /** Prints the answer: the value for programs, or the text for people. */
  answer(value: unknown, text: string): void;
  /** Writes to standard error what is not part of the answer. */
  say(text: string): void;
}

/** Sets what the command does when it is called. The schema checks its options first. */
export const onCall = <Schema extends z.ZodObject>(
  command: Command,
  context: Context,
  schema: Schema,
  run: (call: Call<z.output<Schema>>) => Promise<void>,
): void => {
  command.action(async () => {
    const given: unknown = command.optsWithGlobals();
    const common = checkedOptions(CommonOptions, given);
    const { terminal, environment, folder } = context;
    await run({
      ...context,
      words: command.args,
      options: { ...checkedOptions(schema, given), ...common },
      target: () => findTarget(common, environment, folder),
      answer: (value, text) => write(terminal.out, common.json ? JSON.stringify(value, null, 2) : text),
      say: (text) => write(terminal.err, text),
    });
  });
};

const write = (stream: NodeJS.WritableStream, text: string): void => {
  if (text !== '') stream.write(`${text}\n`);
};

/** A whole number in an option. */
export const Count = z.string().regex(/^\d+$/, 'a whole number').transform(Number);
