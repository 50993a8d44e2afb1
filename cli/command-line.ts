import { Command, InvalidArgumentError } from 'commander';
import type * as z from 'zod';
import { CliError, ExitCode, exitCodeOf, explain, usageError } from './errors.ts';
import { type Terminal, terminalOf, widthOf } from './terminal.ts';

// How every program of this repository reads its words: the same help, the same errors, the same exit codes.

/** Commander, with two mistakes refused that it lets pass. */
class CheckedCommand extends Command {
  override createCommand(name?: string): Command {
    return new CheckedCommand(name);
  }

  override parseOptions(words: string[]): ReturnType<Command['parseOptions']> {
    const end = words.indexOf('--');
    const options = end === -1 ? words : words.slice(0, end);
    for (const [index, word] of options.entries()) this.check(word, options[index + 1]);
    return super.parseOptions(words);
  }

  private check(word: string, next: string | undefined): void {
    const [flag = ''] = word.split('=', 1);
    const option = this.optionOf(flag);
    if (!option) return;
    if (word !== flag && !option.required) this.error(`error: option '${flag}' takes no value`);
    // `--out --once` would write a file named `--once`.
    if (word === flag && option.required && next !== undefined && this.isFlag(next))
      this.error(
        `error: option '${flag}' needs a value, and '${next}' is another option\n(For a value that begins with -: ${flag}=VALUE)`,
      );
  }

  private isFlag(word: string): boolean {
    const [flag = ''] = word.split('=', 1);
    return flag === '--help' || flag === '-h' || this.optionOf(flag) !== undefined;
  }

  private optionOf(flag: string) {
    return this.options.find(({ short, long }) => flag === short || flag === long);
  }
}

/** A program whose help fits the terminal, and which throws where commander would end the process. */
export const newProgram = (name: string, terminal: Terminal): Command =>
  new CheckedCommand(name)
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => widthOf(terminal.out),
      getErrHelpWidth: () => widthOf(terminal.err),
    })
    .showHelpAfterError(`${name} --help lists the options.`)
    .exitOverride();

/** Runs a program with these words. Answers the exit code; errors are on the terminal by then. */
export const runProgram = async (
  program: Command,
  words: readonly string[],
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<number> => {
  try {
    await program.parseAsync([...words], { from: 'user' });
    return ExitCode.done;
  } catch (error) {
    // After Ctrl-C whatever breaks, breaks because of it; only our own sentences say more.
    if (signal?.aborted && !(error instanceof CliError)) return ExitCode.interrupted;
    const text = isShown(error) ? '' : explain(error);
    if (text !== '') terminal.err.write(`${text}\n`);
    return exitCodeOf(error);
  }
};

/** Commander writes its own errors to the terminal before it throws them. */
const isShown = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');

/** A program that does one thing, such as `npm run proof`. */
export interface MainProgram<Schema extends z.ZodObject> {
  /** As a person types it: `npm run proof --`. */
  readonly name: string;
  readonly options: Schema;
  /** Sets description, arguments, options and examples. */
  define(program: Command): void;
  /** Answers the exit code. */
  run(options: z.output<Schema>, words: readonly string[]): Promise<number>;
}

/** Runs a program that does one thing with the words of this process, and sets the exit code. */
export const runMain = async <Schema extends z.ZodObject>(main: MainProgram<Schema>): Promise<void> => {
  const terminal = terminalOf(process, process.env);
  const program = newProgram(main.name, terminal);
  main.define(program);
  program.action(async () => {
    const code = await main.run(checkedOptions(main.options, program.opts()), program.args);
    if (code !== ExitCode.done) throw new CliError('', code);
  });
  process.exitCode = await runProgram(program, process.argv.slice(2), terminal);
};

/** The options as their schema has them. @throws CliError that names the option */
export const checkedOptions = <Schema extends z.ZodType>(
  schema: Schema,
  options: unknown,
): z.output<Schema> => {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw usageError(`--${dashed(String(issue?.path[0] ?? ''))}: ${issue?.message}.`);
};

/** `aspectRatio` → `aspect-ratio` */
const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** An example and what it does; the second may be empty. */
export type Example = readonly [line: string, says: string];

/** Adds to `--help` what a person would type. */
export const addExamples = (command: Command, examples: readonly Example[]): Command => {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, says]) => `  ${line.padEnd(width)}   ${says}`.trimEnd());
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
};

/** Reads an option that is a whole number. */
export const wholeNumber = (text: string): number => {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number, not "${text}".`);
};
