import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { withoutAws } from './cloud-access.ts';
import type { CloudSecrets } from './cloud-secrets.ts';
import type { Endings } from './endings.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { LocalCloudError } from './local-cloud-error.ts';
import { findFreePort } from './ports.ts';
import { isRunning, startProgram, stopGroup } from './programs.ts';

export interface MiniStackOptions {
  readonly port: number;
  /** For its log, its temporary files, and the file by which the next `npm start` finds it. */
  readonly folder: string;
  /** Shrinks the Wait states of workflows: 0.1 waits a tenth. For tests. */
  readonly waitScale?: number | undefined;
  /** The AWS_ENDPOINT_URL of functions; MiniStack's own address when left out. For tests. */
  readonly functionsEndpoint?: string | undefined;
  /** The only credentials and token that it takes. */
  readonly secrets: CloudSecrets;
  /** Web pages that may use it, by their origins: `http://127.0.0.1:4700`. None by default. */
  readonly allowedOrigins?: readonly string[];
}

const Note = z.object({ pid: z.int().positive(), owner: z.int().positive() });
const noteFile = (folder: string): string => join(folder, 'ministack.json');

/** Whether another `npm start` runs MiniStack on this port. That one will end it. */
export const isMiniStackShared = async ({
  port,
  folder,
}: Pick<MiniStackOptions, 'port' | 'folder'>): Promise<boolean> => {
  const note = await readJsonFile(noteFile(folder), Note);
  if (!note || !isRunning(note.pid)) return false;
  if (isRunning(note.owner)) return isHealthy(port);
  // Its owner was killed: it ends at this moment.
  for (let tries = 0; tries < 50 && isRunning(note.pid); tries += 1) await sleep(100);
  return false;
};

// It starts in 0.5 s; a busy machine with a cold disk needed 10 s.
const START_LIMIT_MS = 60_000;

/** Starts MiniStack on 127.0.0.1, with IAM enforced, and with a guard against web pages (`ministack_guard.py`). */
export const startMiniStack = async (
  python: string,
  options: MiniStackOptions,
  endings: Endings,
): Promise<void> => {
  const { port, folder } = options;
  if ((await findFreePort(port)) === undefined) throw await portIsBusy(port);
  const temporary = join(folder, 'tmp');
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  // Functions and their worker are CommonJS; the package.json of the repository, above them, would make them modules.
  await writeFile(join(temporary, 'package.json'), '{ "type": "commonjs" }\n');
  const logFile = join(folder, 'ministack.log');
  const program = await startProgram({
    command: python,
    parameters: [join(import.meta.dirname, 'run-ministack.py')],
    watchesUs: true,
    folder: temporary,
    environment: environmentOf(options, temporary),
    logFile,
  });
  let hasEnded = false;
  void program.ended.then(() => {
    hasEnded = true;
  });
  endings.add(() => stop(program.pid, folder));
  await writeJsonFile(noteFile(folder), { pid: program.pid, owner: process.pid });
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await isHealthy(port))) {
    if (hasEnded || Date.now() > deadline) {
      throw new LocalCloudError(
        `MiniStack ${hasEnded ? 'ended at once' : 'did not answer in 60 s'} (${await lastLine(logFile)}). Its log is ${logFile}.`,
      );
    }
    await sleep(50);
  }
};

const environmentOf = (
  { port, waitScale, functionsEndpoint, secrets, allowedOrigins = [] }: MiniStackOptions,
  temporary: string,
): NodeJS.ProcessEnv => ({
  ...withoutAws(process.env),
  BIND_HOST: '127.0.0.1',
  GATEWAY_PORT: String(port),
  AUTH: 'true',
  AWS_ACCESS_KEY_ID: secrets.accessKeyId,
  AWS_SECRET_ACCESS_KEY: secrets.secretAccessKey,
  STARTFRAME_RESET_TOKEN: secrets.resetToken,
  STARTFRAME_ALLOWED_ORIGINS: allowedOrigins.join(','),
  IOT_MTLS_ENABLED: '0',
  SFTP_ENABLED: '0',
  // The functions run on the same Node as this process.
  PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  TMPDIR: temporary,
  S3_DATA_DIR: join(temporary, 's3'),
  STATE_DIR: join(temporary, 'state'),
  ...(waitScale === undefined ? {} : { SFN_WAIT_SCALE: String(waitScale) }),
  ...(functionsEndpoint === undefined ? {} : { AWS_ENDPOINT_URL: functionsEndpoint }),
});

const stop = async (pid: number, folder: string): Promise<void> => {
  await stopGroup(pid);
  await rm(noteFile(folder), { force: true });
  await rm(join(folder, 'tmp'), { recursive: true, force: true });
};

/** Empties it. A failed deployment would stop the next one, too. */
export const resetMiniStack = async (endpoint: string, { resetToken }: CloudSecrets): Promise<void> => {
  const response = await fetch(`${endpoint}/_ministack/reset`, {
    method: 'POST',
    headers: { 'x-startframe-token': resetToken },
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new LocalCloudError(
      `The local cloud was not emptied (HTTP ${response.status}). End npm start, and start it again.`,
    );
};

const Health = z.object({ edition: z.string(), auth: z.string() });

const isHealthy = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/_ministack/health`, {
      signal: AbortSignal.timeout(2000),
    });
    return Health.safeParse(await response.json()).success;
  } catch {
    return false;
  }
};

const portIsBusy = async (port: number): Promise<LocalCloudError> => {
  const another = `choose another port: npm start -- --port ${port + 100}`;
  if (await isHealthy(port)) {
    return new LocalCloudError(
      `Port ${port} has a MiniStack that \`npm start\` did not start from here. End it, or ${another}, or use it, with its credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: AWS_ENDPOINT_URL=http://127.0.0.1:${port} npm start`,
    );
  }
  return new LocalCloudError(`Port ${port} is in use by another program. End it, or ${another}`);
};

const lastLine = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8')).trim().split('\n').at(-1) || 'it printed nothing';
