import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { geminiDurations } from './dialects/gemini/submission.ts';
import { openaiShapes } from './dialects/openai-video/answers.ts';
import { openaiImages, openaiSeconds } from './dialects/openai-video/submission.ts';
import { faultRows } from './faults/faults.ts';

export const defaultKey = 'local-key';
const defaultPort = 4600;

/** The command line is wrong. The message says how to write it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const authStyles = ['any', 'bare', 'bearer'] as const;

const Options = z.object({
  port: z.number(),
  key: z.string().optional(),
  host: z.string().optional(),
  seconds: z.number().optional(),
  filesTtl: z.number().optional(),
  publicUrl: z.string().optional(),
  authStyle: z.enum(authStyles).optional(),
  geminiDuration: z.enum(geminiDurations).optional(),
  openaiImages: z.enum(openaiImages).optional(),
  openaiSeconds: z.enum(openaiSeconds).optional(),
  openaiShape: z.enum(openaiShapes).optional(),
  maxInFlight: z.number().optional(),
  maxPerMinute: z.number().optional(),
  ffmpeg: z.string().optional(),
  verbose: z.boolean().default(false),
});

/** The options of the program. `key` is never empty. */
export interface ProgramOptions extends Omit<z.output<typeof Options>, 'filesTtl'> {
  readonly key: string;
  readonly filesTtlSeconds: number | undefined;
}

/** Reads the words after the program's name. Nothing: the help was printed. Throws UsageError. */
export const readOptions = (
  words: readonly string[],
  environmentKey?: string,
): ProgramOptions | undefined => {
  const command = gatewayCommand();
  try {
    command.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError(error.message, { cause: error });
  }
  const { filesTtl, ...options } = Options.parse(command.opts());
  const key = options.key ?? environmentKey ?? defaultKey;
  if (key === '') throw new UsageError('--key must not be empty.');
  return { ...options, key, filesTtlSeconds: filesTtl };
};

const gatewayCommand = (): Command =>
  new Command('npm run gateway --')
    .description(
      'The simulated video gateway: it speaks like the real ones, renders real MP4 files and misbehaves on demand.',
    )
    .option('--port <n>', 'where to listen; 0 finds a free port', wholeNumber('port', 65_535), defaultPort)
    .option(
      '--key <key>',
      `the API key that clients must send, default "${defaultKey}" (or GATEWAY_KEY in the environment)`,
    )
    .option(
      '--host <host>',
      'default 127.0.0.1; the gateway fetches any address it is sent: keep it on loopback',
    )
    .option('--seconds <s>', 'how long a video takes, default 8', number('seconds'))
    .option(
      '--files-ttl <s>',
      'how many seconds a finished video can be downloaded, default 172800 (two days)',
      number('files-ttl'),
    )
    .option(
      '--public-url <url>',
      'how its answers name it, for a gateway behind a proxy; default where it listens',
      url('public-url'),
    )
    .option(
      '--auth-style <style>',
      'gptproto: any, bare or bearer, how the key must stand in the Authorization header, default any',
      choice('auth-style', authStyles),
    )
    .option(
      '--gemini-duration <form>',
      'gemini: number, string or any, how durationSeconds must be written, default any',
      choice('gemini-duration', geminiDurations),
    )
    .option(
      '--openai-images <form>',
      'openai-video: which pictures in JSON are used, data (or base64), url or any; default data, which drops an address silently, as real relays do (seed 004 sends addresses: url)',
      choice('openai-images', openaiImages),
    )
    .option(
      '--openai-seconds <form>',
      'openai-video: string, number or any, how seconds must be written, default string',
      choice('openai-seconds', openaiSeconds),
    )
    .option(
      '--openai-shape <n>',
      'openai-video: 1, 2, 3 or 4, the form of the polls (faults shape-1 to shape-4), default 3 at /v1/video/generations and 4 at /v1/videos',
      choice('openai-shape', openaiShapes),
    )
    .option(
      '--max-in-flight <n>',
      'the gateway answers 429 when more videos than this are unfinished',
      wholeNumber('max-in-flight'),
    )
    .option(
      '--max-per-minute <n>',
      'the gateway answers 429 after it accepted more submits than this in a minute',
      wholeNumber('max-per-minute'),
    )
    .option(
      '--ffmpeg <path>',
      'the ffmpeg program; npm run gateway installs one under .local/venv on the first start',
    )
    .option('--verbose', 'one line per request on stderr')
    .addHelpText('after', details)
    .allowExcessArguments(false)
    // UsageError carries the message; the program prints it once.
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();

const details = `
Dialects
  gptproto             POST /api/v3/google/MODEL/SCENE                  Authorization: KEY
                       SCENE: text-to-video, image-to-video or reference-to-video
  gemini               POST /v1beta/models/MODEL:predictLongRunning     x-goog-api-key: KEY
  openai-video         POST /v1/video/generations or /v1/videos         Authorization: Bearer KEY
                       cancel: POST /v1/video/generations/ID/cancel or DELETE /v1/videos/ID

Examples
  npm run gateway
  npm run gateway -- --port 0 --seconds 2 --verbose
  npm run gateway -- --key secret --auth-style bearer

What it received and charged  curl http://127.0.0.1:${defaultPort}/_gateway/ledger
Start afresh                  curl -X DELETE http://127.0.0.1:${defaultPort}/_gateway/ledger
Misbehave by the prompt       "A boat at dusk [[fault:429(2)]]"
Misbehave by a rule           curl http://127.0.0.1:${defaultPort}/_gateway/script -H 'Content-Type: application/json' \\
                                -d '{"match":"boat","faults":["500-after(1)"]}'

Faults: NAME, NAME(times), NAME(5s), NAME(text), or several of these with commas
${faultRows.map(({ name, description }) => `  ${name.padEnd(18)}${description}`).join('\n')}
`;

const wholeNumber = (name: string, most = Number.MAX_SAFE_INTEGER) => {
  const read = number(name, 'whole ');
  return (text: string): number => {
    const value = read(text);
    if (Number.isInteger(value) && value <= most) return value;
    throw new UsageError(`--${name} must be a whole number, not "${text}".`);
  };
};

const number =
  (name: string, kind: 'whole ' | '' = '') =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0) return value;
    throw new UsageError(`--${name} must be a ${kind}number, not "${text}".`);
  };

const choice =
  <Choice extends string>(name: string, choices: readonly Choice[]) =>
  (text: string): Choice => {
    const found = choices.find((each) => each === text);
    if (found !== undefined) return found;
    const all = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
    throw new UsageError(`--${name} must be ${all}, not "${text}".`);
  };

const url =
  (name: string) =>
  (text: string): string => {
    if (URL.canParse(text) && /^https?:/i.test(text)) return text;
    throw new UsageError(`--${name} must be an http(s) URL, not "${text}".`);
  };
