import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { addExamples, runMain, wholeNumber } from '../../cli/command-line.ts';
import { CliError, ExitCode } from '../../cli/errors.ts';
import { liveLine } from '../../cli/live-line.ts';
import { showProgress } from '../../cli/progress.ts';
import { terminalOf } from '../../cli/terminal.ts';
import { PythonEnvironmentError } from '../../local/python-environment.ts';
import { fuzz } from './fuzz.ts';

const Options = z.object({
  examples: z.number(),
  seconds: z.number(),
  seed: z.number(),
  only: z.string().optional(),
});

await runMain({
  name: 'npm run fuzz --',
  options: Options,
  define: (program) => {
    program
      .description(
        `Starts a local cloud of its own with the real template, and lets schemathesis (https://schemathesis.readthedocs.io) make requests of the API's own document: right ones, wrong ones, and sequences of several. The document must allow every answer: its status, type, headers and body. No answer may be a 5xx, and the API must refuse what the document forbids. Exit code 1 when an answer broke a rule.`,
      )
      .option('--examples <n>', 'requests for each operation and phase', wholeNumber, 150)
      .option('--seconds <n>', 'ends after so long at the latest', wholeNumber, 600)
      .option('--seed <n>', 'the seed of chance', wholeNumber, 1)
      .option('--only <id>', 'only this operation of the document, such as createJob');
    addExamples(program, [
      ['npm run fuzz', ''],
      ['npm run fuzz -- --only createJob --examples 1000', 'one operation, thoroughly'],
    ]);
  },
  async run(options) {
    const folder = mkdtempSync(join(tmpdir(), 'startframe-fuzz-'));
    const terminal = terminalOf(process, process.env);
    const progress = showProgress(liveLine({ ...terminal, err: terminal.out }));
    try {
      return await fuzz({ ...options, folder, progress });
    } catch (error) {
      // The fuzzer did not run: exit code 1 is for a broken rule.
      if (error instanceof CliError || error instanceof PythonEnvironmentError)
        throw new CliError(error.message, ExitCode.usage, { cause: error });
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});
