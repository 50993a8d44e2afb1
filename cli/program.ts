import type { Command } from 'commander';
import { addCommonOptions, type Context } from './command.ts';
import { newProgram, runProgram } from './command-line.ts';
import { addAttention } from './commands/attention.ts';
import { addBatch, addBatchStatus } from './commands/batch.ts';
import { addDestroy } from './commands/destroy.ts';
import { addDoctor } from './commands/doctor.ts';
import { addImport } from './commands/import.ts';
import { addCancel, addDelete, addGet, addOpen, addShow } from './commands/job.ts';
import { addJobs } from './commands/jobs.ts';
import { addMake } from './commands/make.ts';
import { addModels } from './commands/models.ts';
import { addOutputs } from './commands/outputs.ts';
import { addProviders } from './commands/providers.ts';
import { addRedrive } from './commands/redrive.ts';
import { addSetKey } from './commands/set-key.ts';
import { addSpend } from './commands/spend.ts';
import { addRedeliver, addWebhookKeys } from './commands/webhooks.ts';

const EPILOGUE = `
Works with the local stack of this folder while npm start runs, else with the stack that --stage, --stack or --url names, or
STARTFRAME_STACK or STARTFRAME_URL. Signs calls with AWS credentials, as the AWS command line finds them, or sends
STARTFRAME_API_KEY or STARTFRAME_TOKEN where the stage wants those.

Exit codes: 0 done · 1 a job or something else failed · 2 wrong command line · 3 not allowed · 4 not found ·
5 not in this state (confirm, or try again later) · 130 Ctrl-C

Examples:
  startframe make boat.png -p "The boat drifts towards the sun." -o boat.mp4
  startframe jobs --watch
  startframe doctor --stage dev`;

const programOf = (context: Context): Command => {
  const program = newProgram('startframe', context.terminal)
    .description('Start frames in, videos out.')
    .showHelpAfterError('startframe --help, or startframe help COMMAND, lists commands and options.')
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
    ...[
      addAttention,
      addModels,
      addSpend,
      addProviders,
      addRedeliver,
      addWebhookKeys,
      addSetKey,
      addImport,
      addDoctor,
      addDestroy,
      addOutputs,
    ],
  ];
  for (const add of commands) add(program, context);
  return program;
};

/** Runs a command line, without the program's own name. Answers the exit code. */
export const runStartframe = (words: readonly string[], context: Context): Promise<number> =>
  runProgram(programOf(context), words, context.terminal, context.signal);
