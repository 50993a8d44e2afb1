import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DialectId } from '../core/providers/registry.ts';
import { DEFAULT_PORT, repository } from './cloud-folder.ts';
import { codeOf, messageOf } from './error-facts.ts';
import type { RealGateway } from './gateway-choice.ts';
import { simulatedProvider } from './stage-file.ts';

export interface StartOptions {
  /** Path of the picture; nothing for a video of the prompt alone. */
  readonly image?: string;
  /** What is said about the video, under the names of a drop's metadata; nothing for what the stage's defaults say. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the video goes; a folder, or a file. */
  readonly out?: string;
  readonly once: boolean;
  /** The API asks nobody who they are. */
  readonly open: boolean;
  readonly port?: number;
  /** A cloud that runs already. */
  readonly endpoint?: string;
  readonly gateway?: RealGateway;
}

const keyStyles = ['bare', 'bearer'] as const;

/** The command line was not understood; the message says how to write it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const helpText = `Startframe on this machine: drops a picture in a bucket and shows how it becomes a video.
With --prompt and no picture it orders a video of the prompt alone, by the API.

  npm start -- [IMAGE] [options]

  IMAGE                PNG, JPEG or WebP; without it and without --prompt: examples/frame.jpg
  --prompt TEXT        what happens in the video; default: the prompt in stages/local.json
  --model NAME         veo3.1-fast (default), veo3.1, veo3.1-pro, …
  --aspect-ratio R     16:9, 9:16 or auto
  --resolution R       720p, 1080p or 4k
  --duration N         seconds, where the model makes more than one length (npx startframe models)
  --out FILE           where the video goes; default .local/videos/<name of the picture>.mp4, never over another
  --once               leave after the video: the last line is "video: FILE", the exit code 0; 1 for a job that failed
  --open               the API asks nobody for a signature: curl "$ApiUrl/jobs" works as it stands, also for any program here;
                       a second npm start on the same cloud needs it, too
  --port N             a second cloud beside the first, in .local/cloud-N (default ${DEFAULT_PORT}); its addresses are in
                       .local/cloud-N/outputs.json, those of the first in .local/outputs.json
  --gateway URL        order from this gateway instead of the simulated one: SPENDS REAL MONEY
  --dialect NAME       what the gateway speaks, also the simulated one: ${DialectId.options.join(', ')}; default gptproto
  --key KEY            your key there; better in the environment variable STARTFRAME_KEY than in the shell's history
  --key-style STYLE    bare or bearer: how that gateway wants the key in the Authorization header; default bare
  --help               this text

Without --once it stays, watches the inbox and saves every further video until Ctrl-C, which ends all that it started.
A second npm start uses the cloud that runs. With AWS_ENDPOINT_URL set, that cloud is used and none is started.

Examples
  npm start
  npm start -- ~/Pictures/boat.png --prompt "The boat drifts towards the sun" --once
  npm start -- --prompt "A paper boat drifts towards the sun" --once
  npm start -- boat.png --prompt "[[fault:failed]]"      the simulated gateway fails on demand: npm run gateway -- --help
`;

// Read as metadata of the drop by `core/request/drop-metadata.ts`.
const parameterFlags = ['prompt', 'model', 'aspect-ratio', 'resolution', 'duration'] as const;

/** @param folder what relative paths are relative to */
export const readCommandLine = (
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  folder: string,
): StartOptions | 'help' => {
  const { values, positionals } = parse(words);
  if (values.help) return 'help';
  if (positionals.length > 1) {
    throw new UsageError(`One picture at a time, not ${positionals.length}: ${positionals.join(', ')}`);
  }
  const [image] = positionals;
  const port = readPort(values.port);
  const endpoint = environment.AWS_ENDPOINT_URL || undefined;
  if (port !== undefined && endpoint !== undefined) {
    throw new UsageError(
      `--port starts a cloud of its own, but AWS_ENDPOINT_URL names one that runs (${endpoint}). Leave out one of them.`,
    );
  }
  if (endpoint !== undefined && !isHttpUrl(endpoint)) {
    throw new UsageError(
      `AWS_ENDPOINT_URL is "${endpoint}"; it must be an address such as http://127.0.0.1:4566.`,
    );
  }
  const isTextOnly = image === undefined && values.prompt !== undefined;
  const gateway = readGateway(values, environment);
  const dialect = readDialect(values.dialect);
  if (values.open && gateway) {
    // Any web page in a browser on this machine could send an order to an open API.
    throw new UsageError('--open is for the simulated gateway only: with --gateway every order costs money.');
  }
  return {
    ...(isTextOnly ? {} : { image: readImage(image, folder) }),
    metadata: {
      ...Object.fromEntries(
        parameterFlags.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
      ),
      // A real gateway is the only provider; the simulated one is a provider in each dialect.
      ...(dialect && !gateway ? { provider: simulatedProvider(dialect) } : {}),
    },
    once: values.once ?? false,
    open: values.open ?? false,
    ...(values.out === undefined ? {} : { out: resolve(folder, values.out) }),
    ...(port === undefined ? {} : { port }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(gateway ? { gateway } : {}),
  };
};

const parse = (words: readonly string[]) => {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        prompt: { type: 'string' },
        model: { type: 'string' },
        'aspect-ratio': { type: 'string' },
        resolution: { type: 'string' },
        duration: { type: 'string' },
        out: { type: 'string' },
        once: { type: 'boolean' },
        open: { type: 'boolean' },
        gateway: { type: 'string' },
        dialect: { type: 'string' },
        key: { type: 'string' },
        'key-style': { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw new UsageError(parseTrouble(cause), { cause });
  }
};

const parseTrouble = (error: unknown): string => {
  const message = messageOf(error);
  const [, flag] = /'(?:-\w, )?(--[\w-]+)/.exec(message) ?? [];
  if (codeOf(error) === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && flag) {
    return /does not take/.test(message)
      ? `${flag} takes no value.`
      : `${flag} needs a value; one that begins with - is written ${flag}=VALUE.`;
  }
  // Only the first sentence: the rest explains how parseArgs would be called.
  return `${message.split(/[.\n]/)[0]}.`;
};

const readPort = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1024 || port > 65_535) {
    throw new UsageError(`--port must be a whole number from 1024 to 65535, not "${text}".`);
  }
  return port;
};

const readImage = (image: string | undefined, folder: string): string => {
  const file = image === undefined ? join(repository, 'examples', 'frame.jpg') : resolve(folder, image);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`There is no picture ${file}.`);
  if (!found.isFile()) throw new UsageError(`${file} is no file; name a PNG, JPEG or WebP.`);
  return file;
};

const readGateway = (
  values: Partial<Record<'gateway' | 'dialect' | 'key' | 'key-style', string | undefined>>,
  environment: NodeJS.ProcessEnv,
): RealGateway | undefined => {
  const { gateway: url } = values;
  if (url === undefined) {
    if (values.key !== undefined || values['key-style'] !== undefined) {
      throw new UsageError(
        'You gave --key or --key-style without --gateway URL; the simulated gateway needs neither.',
      );
    }
    return undefined;
  }
  if (!isHttpUrl(url)) {
    throw new UsageError(`--gateway must be an http or https address, not "${url}".`);
  }
  const dialect = readDialect(values.dialect) ?? 'gptproto';
  const key = (values.key ?? environment.STARTFRAME_KEY ?? '').trim();
  if (key === '') {
    throw new UsageError(
      '--gateway needs your key there: put it into the environment variable STARTFRAME_KEY, or give --key KEY.',
    );
  }
  const keyStyle = keyStyles.find((style) => style === values['key-style']);
  if (values['key-style'] !== undefined && !keyStyle) {
    throw new UsageError(`--key-style must be ${keyStyles.join(' or ')}, not "${values['key-style']}".`);
  }
  return { url: url.replace(/\/+$/, ''), dialect, key, ...(keyStyle ? { keyStyle } : {}) };
};

const readDialect = (name: string | undefined): DialectId | undefined => {
  const dialect = DialectId.optional().safeParse(name);
  if (dialect.success) return dialect.data;
  throw new UsageError(`--dialect must be ${DialectId.options.join(' or ')}, not "${name}".`);
};

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
