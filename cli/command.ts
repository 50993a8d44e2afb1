import type { Command } from 'commander';
import * as z from 'zod';
import { usageError } from './errors.ts';
import { findTarget, type Target } from './target.ts';
import type { Terminal } from './terminal.ts';

/** What is around a command: all that it may look at, beside its own words. */
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
    .option('--profile <name>', 'of the AWS configuration files')
    .option('--region <name>', 'of the stack');

/** A command as somebody called it. */
export interface Call<Options> extends Context {
  readonly words: readonly string[];
  readonly options: Options & CommonOptions;
  target(): Promise<Target>;
  /** Prints the answer: the value for programs, or the text for people. */
  answer(value: unknown, text: string): void;
  /** Says something besides, which is no part of the answer. */
  say(text: string): void;
}

/** What the command does when it is called. Its options meet the schema first. */
export const onCall = <Schema extends z.ZodObject>(
  command: Command,
  context: Context,
  schema: Schema,
  run: (call: Call<z.output<Schema>>) => Promise<void>,
): void => {
  command.action(async () => {
    const given: unknown = command.optsWithGlobals();
    const common = parsed(CommonOptions, given);
    const { terminal, environment, folder } = context;
    await run({
      ...context,
      words: command.args,
      options: { ...parsed(schema, given), ...common },
      target: () => findTarget(common, environment, folder),
      answer: (value, text) => write(terminal.out, common.json ? JSON.stringify(value, null, 2) : text),
      say: (text) => write(terminal.err, text),
    });
  });
};

const write = (stream: NodeJS.WritableStream, text: string): void => {
  if (text !== '') stream.write(`${text}\n`);
};

const parsed = <Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> => {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw usageError(`--${dashed(String(issue?.path[0] ?? ''))}: ${issue?.message}.`);
};

/** `aspectRatio` → `aspect-ratio` */
const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `--help` with what a person would type. */
export const addExamples = (command: Command, examples: readonly (readonly [string, string])[]): Command => {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, says]) => `  ${line.padEnd(width)}   ${says}`.trimEnd());
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
};

/** A whole number in an option. */
export const Count = z.string().regex(/^\d+$/, 'a whole number').transform(Number);
