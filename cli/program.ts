import { Command } from 'commander';
import { addCommonOptions, type Context } from './command.ts';
import { addAttention } from './commands/attention.ts';
import { addBatch, addBatchStatus } from './commands/batch.ts';
import { addDoctor } from './commands/doctor.ts';
import { addCancel, addDelete, addGet, addOpen, addShow } from './commands/job.ts';
import { addJobs } from './commands/jobs.ts';
import { addMake } from './commands/make.ts';
import { addModels } from './commands/models.ts';
import { addProviders } from './commands/providers.ts';
import { addRedrive } from './commands/redrive.ts';
import { addSetKey } from './commands/set-key.ts';
import { addSpend } from './commands/spend.ts';
import { addRedeliver, addWebhookKeys } from './commands/webhooks.ts';
import { ExitCode, exitCodeOf, explain } from './errors.ts';
import { widthOf } from './terminal.ts';

const EPILOGUE = `
Works with the local stack of this folder while npm start runs, else with the stack that --stage, --stack or --url names, or
STARTFRAME_STACK or STARTFRAME_URL. Calls are signed with AWS credentials, as the AWS command line finds them; with
STARTFRAME_API_KEY or STARTFRAME_TOKEN where the stage wants those.

Exit codes: 0 done · 1 a job failed, or something did · 2 the command line cannot be used · 3 not allowed · 4 not there ·
5 not as things are now (confirm, or come back later) · 130 Ctrl-C

Examples:
  startframe make boat.png -p "The boat drifts towards the sun." -o boat.mp4
  startframe jobs --watch
  startframe doctor --stage dev`;

const programOf = (context: Context): Command => {
  const { terminal } = context;
  const program = new Command('startframe')
    .description('Start frames in, videos out.')
    .showHelpAfterError('startframe --help, or startframe help COMMAND, says how it is written.')
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => widthOf(terminal.out),
      getErrHelpWidth: () => widthOf(terminal.err),
    })
    .exitOverride()
    .addHelpText('after', EPILOGUE);
  addCommonOptions(program);
  const commands = [
    ...[
      addMake,
      addJobs,
      addShow,
      addGet,
      addOpen,
      addCancel,
      addRedrive,
      addDelete,
      addBatch,
      addBatchStatus,
    ],
    ...[addAttention, addModels, addSpend, addProviders, addRedeliver, addWebhookKeys, addSetKey, addDoctor],
  ];
  for (const add of commands) add(program, context);
  return program;
};

/** Runs a command line, without the program's own name, and answers the exit code. */
export const runStartframe = async (words: readonly string[], context: Context): Promise<number> => {
  const program = programOf(context);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return ExitCode.done;
  } catch (error) {
    const code = exitCodeOf(error);
    // Commander has said what was wrong with the words.
    const isSaid = error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
    if (context.signal.aborted && !(error instanceof Error && error.name === 'CliError'))
      return ExitCode.interrupted;
    const text = isSaid ? '' : explain(error);
    if (text !== '') context.terminal.err.write(`${text}\n`);
    return code;
  }
};
