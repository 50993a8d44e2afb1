import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiProblem } from '../../client/index.ts';
import { confirm } from '../ask.ts';
import { type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { videoFile } from '../download.ts';
import { CliError, ExitCode, withHint } from '../errors.ts';
import { followAtTerminal } from '../follow.ts';
import { jobText } from '../job-text.ts';
import { liveLine } from '../live-line.ts';
import { printable } from '../terminal.ts';
import { finish } from './make.ts';

// Commands on one job, by its id.

export const addShow = (program: Command, context: Context): void => {
  const command = program
    .command('show')
    .argument('<id>', 'a job')
    .summary('a job: its status, what it cost, what went wrong')
    .option('--wait', 'show each step until it has ended');
  addExamples(command, [
    ['startframe show 5f0c…', ''],
    ['startframe show 5f0c… --wait && echo made', 'exit code 1 when there is no video'],
  ]);
  onCall(command, context, z.object({ wait: z.boolean().default(false) }), async (call) => {
    const [id = ''] = call.words;
    const target = await call.target();
    const { terminal, signal } = call;
    if (call.options.wait)
      return finish(
        call,
        target,
        await followAtTerminal(target, id, terminal, signal),
        undefined,
        liveLine(terminal),
      );
    const job = await target.api.showJob(id, { signal });
    call.answer(job, jobText(terminal, job));
  });
};

export const addGet = (program: Command, context: Context): void => {
  const command = program
    .command('get')
    .argument('<id>', 'a job')
    .summary('the video of a job, as a file')
    .description('Waits until the job has ended, and puts its video into a file.')
    .option('-o, --out <file>', 'the file, or a folder', '.');
  addExamples(command, [['startframe get 5f0c… -o boat.mp4', '']]);
  onCall(command, context, z.object({ out: z.string() }), async (call) => {
    const [id = ''] = call.words;
    const target = await call.target();
    const { terminal, signal, folder, options } = call;
    const job = await followAtTerminal(target, id, terminal, signal);
    await finish(call, target, job, videoFile(options.out, folder, job), liveLine(terminal));
  });
};

export const addCancel = (program: Command, context: Context): void => {
  const command = program
    .command('cancel')
    .argument('<id>', 'a job')
    .summary('stop a job: free before the submit')
    .description(
      'Before the submit a cancel is free. After it Startframe requests a stop from the provider, if it takes such requests. A video that is made all the same is stored: it is paid for.',
    )
    .option('--abandon', 'also when the provider takes no requests to stop');
  addExamples(command, [['startframe cancel 5f0c…', '']]);
  onCall(command, context, z.object({ abandon: z.boolean().default(false) }), async (call) => {
    const [id = ''] = call.words;
    const { api } = await call.target();
    const { abandon } = call.options;
    try {
      const job = await api.cancelJob(id, { abandon }, { signal: call.signal });
      call.answer(job, jobText(call.terminal, job));
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.title !== 'CANNOT_CANCEL') throw error;
      throw withHint(error, [`startframe cancel ${id} --abandon`]);
    }
  });
};

export const addDelete = (program: Command, context: Context): void => {
  const command = program
    .command('delete')
    .argument('<id>', 'a job that has ended')
    .summary('delete a job for good: its record, its video')
    .option('--yes', 'do not ask for confirmation');
  addExamples(command, [['startframe delete 5f0c… --yes', '']]);
  onCall(command, context, z.object({ yes: z.boolean().default(false) }), async (call) => {
    const [id = ''] = call.words;
    const { api } = await call.target();
    const { terminal, signal, options } = call;
    if (!options.yes && !(await confirm(terminal, `Delete job ${printable(id)} and its video for good?`)))
      throw new CliError('Nothing was deleted. --yes deletes without a question.', ExitCode.notNow);
    await api.deleteJob(id, { signal });
    call.answer({ jobId: id, deleted: true }, `Job ${printable(id)} is deleted.`);
  });
};

const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  // Not `start`: cmd.exe would interpret the & in an address.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

const isWebAddress = (url: string): boolean =>
  URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol);

export const addOpen = (program: Command, context: Context): void => {
  const command = program
    .command('open')
    .argument('<id>', 'a job')
    .summary('play the video of a job')
    .option('--print', 'only print the address; for some minutes anyone who has it can open the video');
  addExamples(command, [
    ['startframe open 5f0c…', ''],
    ['mpv "$(startframe open 5f0c… --print)"', ''],
  ]);
  onCall(command, context, z.object({ print: z.boolean().default(false) }), async (call) => {
    const [id = ''] = call.words;
    const { api } = await call.target();
    const video = await api.showVideo(id, {}, { signal: call.signal });
    const isShown = call.options.print || call.options.json || call.terminal.out.isTTY !== true;
    if (isShown) return call.answer(video, video.url);
    // The system would start any program that has a scheme of its own, or open any file.
    if (!isWebAddress(video.url))
      throw new CliError(
        `The API answered an address that is no web address. It was not opened: ${printable(video.url)}`,
      );
    const [program, ...words] = OPENERS[process.platform] ?? ['xdg-open'];
    spawn(program, [...words, new URL(video.url).href], {
      detached: true,
      stdio: 'ignore',
      env: call.environment,
    })
      .on('error', () => call.say(`There is no ${program} here; the address is:\n${video.url}`))
      .unref();
  });
};
