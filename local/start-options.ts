import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import * as z from 'zod';
import { addExamples, checkedOptions, newProgram } from '../cli/command-line.ts';
import { usageError } from '../cli/errors.ts';
import type { Terminal } from '../cli/terminal.ts';
import { DialectId } from '../core/providers/registry.ts';
import { DEFAULT_PORT, repository } from './cloud-folder.ts';
import type { RealGateway } from './gateway-choice.ts';
import { simulatedProvider } from './stage-file.ts';

/** What `npm start` is to do. */
export interface StartOptions {
  /** Path of the picture; nothing for a video of the prompt alone. */
  readonly image?: string;
  /** Parameters of the video, under the names of a drop's metadata. What is missing comes from the stage's defaults. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the video goes: a folder, or a file. */
  readonly out?: string;
  readonly once: boolean;
  /** The API asks for no signature. */
  readonly open: boolean;
  readonly port?: number;
  /** A cloud that runs already. */
  readonly endpoint?: string;
  readonly gateway?: RealGateway;
}

const keyStyles = ['bare', 'bearer'] as const;

const DETAILS = `
Without --once it stays, watches the inbox and saves every further video until Ctrl-C, which ends all that it started.
A second npm start uses the cloud that runs. With AWS_ENDPOINT_URL set, it uses that cloud and starts none.`;

const optionsProgram = (terminal: Terminal): Command => {
  const program = newProgram('npm start --', terminal)
    .description(
      'Startframe on this machine: drops a picture in a bucket and shows how it becomes a video. With --prompt and no picture it requests a video of the prompt alone, by the API.',
    )
    .argument('[image]', 'PNG, JPEG or WebP; without it and without --prompt: examples/frame.jpg')
    .option('--prompt <text>', 'what happens in the video; default: the prompt in stages/local.json')
    .option('--model <name>', 'veo3.1-fast (default), veo3.1, veo3.1-pro, …')
    .option('--aspect-ratio <ratio>', '16:9, 9:16 or auto')
    .option('--resolution <lines>', '720p, 1080p or 4k')
    .option('--duration <seconds>', 'where the model makes more than one length (npx startframe models)')
    .option(
      '--out <file>',
      'where the video goes; default: .local/videos/<name of the picture>.mp4, never over another file',
    )
    .option(
      '--once',
      'leave after the video: the last line is "video: FILE" and the exit code 0; 1 for a job that failed',
    )
    .option(
      '--open',
      'the API asks for no signature: curl "$ApiUrl/jobs" works as it stands, also for any program here; a second npm start on the same cloud needs it, too',
    )
    .option(
      '--port <n>',
      `a second cloud beside the first, in .local/cloud-N (default ${DEFAULT_PORT}); its addresses are in .local/cloud-N/outputs.json, those of the first in .local/outputs.json`,
    )
    .option('--gateway <url>', 'use this gateway instead of the simulated one: SPENDS REAL MONEY')
    .option(
      '--dialect <name>',
      `what the gateway speaks, also the simulated one: ${DialectId.options.join(', ')}; default gptproto`,
    )
    .option(
      '--key <key>',
      'your key there; better in the environment variable STARTFRAME_KEY than in the history of the shell',
    )
    .option(
      '--key-style <style>',
      'bare or bearer: how that gateway wants the key in the Authorization header; default bare',
    )
    .addHelpText('after', DETAILS);
  return addExamples(program, [
    ['npm start', ''],
    ['npm start -- ~/Pictures/boat.png --prompt "The boat drifts towards the sun" --once', ''],
    ['npm start -- --prompt "A paper boat drifts towards the sun" --once', 'no picture'],
    [
      'npm start -- boat.png --prompt "[[fault:failed]]"',
      'the simulated gateway fails on demand: npm run gateway -- --help',
    ],
  ]);
};

const Flags = z.object({
  prompt: z.string().optional(),
  model: z.string().optional(),
  aspectRatio: z.string().optional(),
  resolution: z.string().optional(),
  duration: z.string().optional(),
  out: z.string().optional(),
  once: z.boolean().default(false),
  open: z.boolean().default(false),
  port: z.string().optional(),
  gateway: z.string().optional(),
  dialect: z.string().optional(),
  key: z.string().optional(),
  keyStyle: z.string().optional(),
});
type Flags = z.infer<typeof Flags>;

/**
 * Reads the words behind `npm start --`.
 * @param folder what relative paths are relative to
 * @throws CliError when they cannot be used; CommanderError for those that commander refuses, and after `--help`
 */
export const readStartOptions = (
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  folder: string,
  terminal: Terminal,
): StartOptions => {
  const program = optionsProgram(terminal);
  program.parse([...words], { from: 'user' });
  const flags = checkedOptions(Flags, program.opts());
  const [image] = program.args;
  const gateway = readGateway(flags, environment);
  if (flags.open && gateway)
    // Any web page in a browser on this machine could send a request to an open API.
    throw usageError('--open is for the simulated gateway only: with --gateway every job costs money.');
  const isTextOnly = image === undefined && flags.prompt !== undefined;
  return {
    ...(isTextOnly ? {} : { image: readImage(image, folder) }),
    metadata: metadataOf(flags, gateway),
    once: flags.once,
    open: flags.open,
    ...(flags.out === undefined ? {} : { out: resolve(folder, flags.out) }),
    ...readCloud(flags, environment),
    ...(gateway ? { gateway } : {}),
  };
};

/** The parameters by the names that `core/request/drop-metadata.ts` reads in the metadata of a drop. */
const metadataOf = (flags: Flags, gateway: RealGateway | undefined): Record<string, string> => {
  const { prompt, model, aspectRatio, resolution, duration } = flags;
  const dialect = readDialect(flags.dialect);
  // A real gateway is the only provider; the simulated one is a provider in each dialect.
  const provider = dialect && !gateway ? simulatedProvider(dialect) : undefined;
  const named = { prompt, model, 'aspect-ratio': aspectRatio, resolution, duration, provider };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
};

const readCloud = (flags: Flags, environment: NodeJS.ProcessEnv): Pick<StartOptions, 'port' | 'endpoint'> => {
  const port = readPort(flags.port);
  const endpoint = environment.AWS_ENDPOINT_URL || undefined;
  if (port !== undefined && endpoint !== undefined)
    throw usageError(
      `--port starts a cloud of its own, but AWS_ENDPOINT_URL names one that runs (${endpoint}). Leave out one of them.`,
    );
  if (endpoint !== undefined && !isHttpUrl(endpoint))
    throw usageError(
      `AWS_ENDPOINT_URL is "${endpoint}"; it must be an address such as http://127.0.0.1:4566.`,
    );
  return { ...(port === undefined ? {} : { port }), ...(endpoint === undefined ? {} : { endpoint }) };
};

const readPort = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1024 || port > 65_535) {
    throw usageError(`--port must be a whole number from 1024 to 65535, not "${text}".`);
  }
  return port;
};

const readImage = (image: string | undefined, folder: string): string => {
  const file = image === undefined ? join(repository, 'examples', 'frame.jpg') : resolve(folder, image);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw usageError(`There is no picture ${file}.`);
  if (!found.isFile()) throw usageError(`${file} is not a file; name a PNG, JPEG or WebP.`);
  return file;
};

const readGateway = (flags: Flags, environment: NodeJS.ProcessEnv): RealGateway | undefined => {
  const { gateway: url, keyStyle } = flags;
  if (url === undefined) {
    if (flags.key !== undefined || keyStyle !== undefined) {
      throw usageError('--key and --key-style need --gateway URL; the simulated gateway uses neither.');
    }
    return undefined;
  }
  if (!isHttpUrl(url)) {
    throw usageError(`--gateway must be an http or https address, not "${url}".`);
  }
  const dialect = readDialect(flags.dialect) ?? 'gptproto';
  const key = (flags.key ?? environment.STARTFRAME_KEY ?? '').trim();
  if (key === '') {
    throw usageError(
      '--gateway needs your key there: put it into the environment variable STARTFRAME_KEY, or give --key KEY.',
    );
  }
  return { url: url.replace(/\/+$/, ''), dialect, key, ...readKeyStyle(keyStyle) };
};

const readKeyStyle = (text: string | undefined): Pick<RealGateway, 'keyStyle'> => {
  if (text === undefined) return {};
  const keyStyle = keyStyles.find((style) => style === text);
  if (keyStyle) return { keyStyle };
  throw usageError(`--key-style must be ${keyStyles.join(' or ')}, not "${text}".`);
};

const readDialect = (name: string | undefined): DialectId | undefined => {
  const dialect = DialectId.optional().safeParse(name);
  if (dialect.success) return dialect.data;
  throw usageError(`--dialect must be ${DialectId.options.join(' or ')}, not "${name}".`);
};

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
