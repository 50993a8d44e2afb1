import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { takeFileLock } from './file-lock.ts';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '..');

export interface PythonEnvironment {
  /** The environment's own interpreter: run `python -m …` with it, without activating. */
  readonly python: string;
  /** The ffmpeg program that came with imageio-ffmpeg. */
  ffmpeg(): string;
}

export interface PythonEnvironmentOptions {
  /** Where the environment lives; `.local/venv` under the repository when left out. */
  readonly folder?: string;
  /** What to install; `local/requirements.txt` when left out. */
  readonly requirements?: string;
  /** The interpreter that makes the environment; `python3` when left out. */
  readonly python?: string;
  /** The minor version of Python 3 that the requirements need at least; 10 when left out. */
  readonly oldestMinor?: number;
  /** Megabytes that the requirements download, for the message; 90 when left out. */
  readonly megabytes?: number;
  /** The requirements bring no ffmpeg. */
  readonly withoutFfmpeg?: boolean;
  /** Takes a sentence before each slow step; never called when the environment is already there. */
  readonly onProgress?: (sentence: string) => void;
}

export type PythonError =
  | 'PYTHON_MISSING'
  | 'PYTHON_TOO_OLD'
  | 'VENV_MISSING'
  | 'INSTALL_FAILED'
  | 'FOLDER_IN_USE';

/** The environment could not be made. The message says what to do; waiting does not help, except for a network failure. */
export class PythonEnvironmentError extends Error {
  override readonly name = 'PythonEnvironmentError';
  readonly code: PythonError;

  constructor(code: PythonError, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The Python environment with MiniStack and ffmpeg, made on first use from the pinned requirements and made again when
 * they change. When two processes need it at once, one builds it and the other waits.
 */
export const ensurePythonEnvironment = async (
  options: PythonEnvironmentOptions = {},
): Promise<PythonEnvironment> => {
  const folder = resolve(options.folder ?? join(repository, '.local', 'venv'));
  const requirements = options.requirements ?? join(repository, 'local', 'requirements.txt');
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const ready = await findEnvironment(folder, hash);
  if (ready) return ready;

  const lock = await takeFileLock(`${folder}.lock`, () =>
    options.onProgress?.('Waiting for another process that is preparing the Python environment.'),
  );
  try {
    // Another process may have built it while we waited for the lock.
    return (
      (await findEnvironment(folder, hash)) ?? (await buildEnvironment(folder, requirements, hash, options))
    );
  } finally {
    lock.release();
  }
};

const Stamp = z.object({ requirementsSha256: z.string(), ffmpeg: z.string().optional() });
const stampFile = (folder: string) => join(folder, 'startframe-stamp.json');
const programsOf = (folder: string) => join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');

const findEnvironment = async (folder: string, hash: string): Promise<PythonEnvironment | undefined> => {
  const python = join(programsOf(folder), 'python');
  try {
    const stamp = Stamp.parse(JSON.parse(await readFile(stampFile(folder), 'utf8')));
    if (stamp.requirementsSha256 !== hash) return undefined;
    await Promise.all([access(python), ...(stamp.ffmpeg === undefined ? [] : [access(stamp.ffmpeg)])]);
    return environment(python, stamp.ffmpeg);
  } catch {
    // No stamp, half a stamp or a moved folder all mean the same: build it.
    return undefined;
  }
};

const environment = (python: string, ffmpeg: string | undefined): PythonEnvironment => ({
  python,
  ffmpeg() {
    if (ffmpeg === undefined) throw new Error('This Python environment was made without ffmpeg.');
    return ffmpeg;
  },
});

const buildEnvironment = async (
  folder: string,
  requirements: string,
  hash: string,
  {
    python: basePython = 'python3',
    oldestMinor = 10,
    megabytes = 90,
    withoutFfmpeg = false,
    onProgress,
  }: PythonEnvironmentOptions,
): Promise<PythonEnvironment> => {
  await checkPython(basePython, oldestMinor);
  await clearFolder(folder);
  onProgress?.(`Preparing the Python environment (first run only, about ${megabytes} MB to download).`);
  try {
    await run(basePython, ['-m', 'venv', folder], { timeout: 120_000 });
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new PythonEnvironmentError(
      'VENV_MISSING',
      `${basePython} could not make a virtual environment (${lastLine(cause)}). On Debian and Ubuntu install it with \`sudo apt install python3-venv\`, then try again.`,
      { cause },
    );
  }
  const python = join(programsOf(folder), 'python');
  try {
    const quiet = ['--quiet', '--no-input', '--disable-pip-version-check'];
    // Nothing is installed but the very files that the requirements name by their hashes.
    const words = ['-m', 'pip', 'install', ...quiet, '--require-hashes', '-r', requirements];
    await run(python, words, { timeout: 900_000 });
    const ffmpeg = withoutFfmpeg ? undefined : await findFfmpeg(python);
    await writeFile(stampFile(folder), JSON.stringify({ requirementsSha256: hash, ffmpeg }));
    return environment(python, ffmpeg);
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new PythonEnvironmentError(
      'INSTALL_FAILED',
      `Installing ${requirements} failed (${lastLine(cause)}). Check the network or the proxy settings of pip, then try again.`,
      { cause },
    );
  }
};

const findFfmpeg = async (python: string): Promise<string> => {
  const question = 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())';
  return (await run(python, ['-c', question], { timeout: 60_000 })).stdout.trim();
};

const checkPython = async (python: string, oldestMinor: number): Promise<void> => {
  const needed = `3.${oldestMinor}`;
  let version: string;
  try {
    const question = 'import sys; print("%d.%d" % sys.version_info[:2])';
    version = (await run(python, ['-c', question], { timeout: 30_000 })).stdout.trim();
  } catch (cause) {
    throw new PythonEnvironmentError(
      'PYTHON_MISSING',
      `${python} could not be run. Install Python ${needed} or newer (https://www.python.org/downloads) and make sure that \`${python}\` is on the PATH.`,
      { cause },
    );
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 3 || (major === 3 && minor >= oldestMinor)) return;
  throw new PythonEnvironmentError(
    'PYTHON_TOO_OLD',
    `${python} is Python ${version}; Startframe needs ${needed} or newer. Install it and put it first on the PATH.`,
  );
};

/** Removes an older environment. @throws PythonEnvironmentError when the folder holds something else */
const clearFolder = async (folder: string): Promise<void> => {
  const found = await readdir(folder).catch((): string[] => []);
  if (found.length > 0 && !found.includes('pyvenv.cfg')) {
    throw new PythonEnvironmentError(
      'FOLDER_IN_USE',
      `${folder} holds files, but no Python environment. Move them away or name another folder.`,
    );
  }
  await rm(folder, { recursive: true, force: true });
};

const lastLine = (error: unknown): string => {
  const output = z.object({ stderr: z.string(), stdout: z.string().optional() }).safeParse(error);
  const text = output.success ? output.data.stderr.trim() || (output.data.stdout ?? '').trim() : '';
  return text.split('\n').at(-1) || (error instanceof Error ? error.message : String(error));
};
