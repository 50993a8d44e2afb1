import { parseArgs } from 'node:util';
import { ensurePythonEnvironment, PythonEnvironmentError } from '../local/python-environment.ts';
import { geminiDurations } from './dialects/gemini/submission.ts';
import { openaiShapes } from './dialects/openai-video/dialect.ts';
import { openaiImages, openaiSeconds } from './dialects/openai-video/submission.ts';
import { faultRows } from './faults/faults.ts';
import { PortInUse } from './http/listen.ts';
import { type GatewayOptions, startGateway } from './server.ts';

const defaultKey = 'local-key';
const defaultPort = 4600;

const help = `The simulated video gateway: speaks like the real ones, renders real MP4 files, misbehaves on demand.

  npm run gateway -- [options]

  --port N             where to listen, default ${defaultPort}; 0 finds a free port
  --key K              the API key to ask for, default "${defaultKey}" (or GATEWAY_KEY in the environment)
  --host H             default 127.0.0.1; it fetches any address it is told to, so keep it on loopback
  --seconds S          how long a video takes, default 8
  --files-ttl S        how many seconds a finished video can be downloaded, default 172800 (two days)
  --public-url URL     how its answers name it, for a gateway behind a proxy; default where it listens
  --auth-style STYLE   gptproto: any, bare or bearer, how the key must stand in the Authorization header, default any
  --gemini-duration F  gemini: number, string or any, how durationSeconds must be written, default any
  --openai-images F    openai-video: which pictures in JSON are used, data (or base64), url or any; default data, which
                       drops an address without a word, as real relays do (seed 004 sends addresses: url)
  --openai-seconds F   openai-video: string, number or any, how seconds must be written, default string
  --openai-shape N     openai-video: 1, 2, 3 or 4, the form of the polls (faults shape-1 to shape-4), default 3 at
                       /v1/video/generations and 4 at /v1/videos
  --max-in-flight N    more unfinished videos than this are answered 429
  --max-per-minute N   more accepted submits in a minute than this are answered 429
  --ffmpeg PATH        an ffmpeg to use; else one is installed under .local/venv on the first start
  --verbose            one line per request on stderr
  --help               this text

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

What it saw and charged     curl http://127.0.0.1:${defaultPort}/_gateway/ledger
Start afresh                curl -X DELETE http://127.0.0.1:${defaultPort}/_gateway/ledger
Misbehave by the prompt     "A boat at dusk [[fault:429(2)]]"
Misbehave by a rule         curl http://127.0.0.1:${defaultPort}/_gateway/script -H 'Content-Type: application/json' \\
                              -d '{"match":"boat","faults":["500-after(1)"]}'

Faults: NAME, NAME(times), NAME(5s), NAME(text), or several of these with commas
${faultRows.map(({ name, says }) => `  ${name.padEnd(18)}${says}`).join('\n')}
`;

/** The command line was not understood; the message says how to write it. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

function readOptions(): GatewayOptions | 'help' {
  const { values } = parse();
  if (values.help) return 'help';
  const key = values.key ?? process.env.GATEWAY_KEY ?? defaultKey;
  if (key === '') throw new UsageError('--key must not be empty.');
  return {
    key,
    port: numberFrom('port', values.port) ?? defaultPort,
    host: values.host,
    seconds: numberFrom('seconds', values.seconds),
    filesTtlSeconds: numberFrom('files-ttl', values['files-ttl']),
    publicUrl: urlFrom('public-url', values['public-url']),
    authStyle: choiceFrom('auth-style', values['auth-style'], ['any', 'bare', 'bearer']),
    geminiDuration: choiceFrom('gemini-duration', values['gemini-duration'], geminiDurations),
    openaiImages: choiceFrom('openai-images', values['openai-images'], openaiImages),
    openaiSeconds: choiceFrom('openai-seconds', values['openai-seconds'], openaiSeconds),
    openaiShape: choiceFrom('openai-shape', values['openai-shape'], openaiShapes),
    maxInFlight: numberFrom('max-in-flight', values['max-in-flight']),
    maxPerMinute: numberFrom('max-per-minute', values['max-per-minute']),
    ffmpeg: values.ffmpeg,
    log: values.verbose ? (line) => console.error(line) : undefined,
  };
}

function parse() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string' },
        key: { type: 'string' },
        host: { type: 'string' },
        seconds: { type: 'string' },
        'files-ttl': { type: 'string' },
        'public-url': { type: 'string' },
        'auth-style': { type: 'string' },
        'gemini-duration': { type: 'string' },
        'openai-images': { type: 'string' },
        'openai-seconds': { type: 'string' },
        'openai-shape': { type: 'string' },
        'max-in-flight': { type: 'string' },
        'max-per-minute': { type: 'string' },
        ffmpeg: { type: 'string' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function numberFrom(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const isWhole = name === 'port' || name.startsWith('max-');
  const isFine = text.trim() !== '' && value >= 0 && (Number.isInteger(value) || !isWhole);
  if (!isFine || (name === 'port' && value > 65_535)) {
    throw new UsageError(`--${name} must be a ${isWhole ? 'whole ' : ''}number, not "${text}".`);
  }
  return value;
}

function choiceFrom<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined;
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  const all = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  throw new UsageError(`--${name} must be ${all}, not "${text}".`);
}

function urlFrom(name: string, text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:/i.test(text))) return text;
  throw new UsageError(`--${name} must be an http(s) URL, not "${text}".`);
}

/** What a stranger can paste. A key of one's own stays out of the terminal. */
const firstSteps = (url: string, key: string) => `
Try it (a video takes a few seconds; the poll answers with its address):
  curl ${url}/api/v3/google/veo3.1-fast/image-to-video \\
    -H 'Authorization: ${key === defaultKey ? key : '<your key>'}' -H 'Content-Type: application/json' \\
    -d '{"prompt":"The boat drifts towards the sun","image":"${url}/_gateway/frame.jpg"}'
  curl -H 'Authorization: ${key === defaultKey ? key : '<your key>'}' ${url}/api/v3/predictions/<id>/result
  curl ${url}/_gateway/ledger
Faults, limits and more: npm run gateway -- --help. Ctrl-C ends it.
`;

async function main(): Promise<void> {
  const options = readOptions();
  if (options === 'help') return console.log(help);
  const onProgress = (sentence: string) => console.error(sentence);
  const ffmpeg = options.ffmpeg ?? (await ensurePythonEnvironment({ onProgress })).ffmpeg();
  const gateway = await startGateway({ ...options, ffmpeg });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // `on`, not `once`: npm passes Ctrl-C on a second time, which must not cut the tidying short.
    process.on(signal, () => void gateway.close().then(() => process.exit(0)));
  }
  // The one line on stdout, for programs that start this one; people read the rest.
  console.log(`gateway: ${gateway.url}`);
  console.error(firstSteps(gateway.url, gateway.key));
}

main().catch((error: unknown) => {
  const isExpected =
    error instanceof UsageError || error instanceof PortInUse || error instanceof PythonEnvironmentError;
  console.error(isExpected ? `gateway: ${error.message}` : error);
  if (error instanceof UsageError) console.error('`npm run gateway -- --help` lists the options.');
  process.exitCode = 1;
});
