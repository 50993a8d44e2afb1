import { parseArgs } from 'node:util';
import { ensurePythonEnvironment, PythonEnvironmentError } from '../python-environment.ts';
import type { AuthStyle } from './dialect.ts';
import { faultRows } from './faults.ts';
import { PortInUse } from './listen.ts';
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
  --auth-style STYLE   any, bare or bearer: how the key must stand in the Authorization header, default any
  --max-in-flight N    more unfinished videos than this are answered 429
  --max-per-minute N   more accepted submits in a minute than this are answered 429
  --ffmpeg PATH        an ffmpeg to use; else one is installed under .local/venv on the first start
  --verbose            one line per request on stderr
  --help               this text

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
    authStyle: authStyleFrom(values['auth-style']),
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
        'auth-style': { type: 'string' },
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

function authStyleFrom(text: string | undefined): AuthStyle | undefined {
  if (text === undefined || text === 'any' || text === 'bare' || text === 'bearer') return text;
  throw new UsageError(`--auth-style must be any, bare or bearer, not "${text}".`);
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
