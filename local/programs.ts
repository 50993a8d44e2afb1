import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProgramOptions {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Gets the whole output of the program. */
  readonly logFile: string;
  /** Its standard input is a pipe that closes when this process ends, so that it notices. */
  readonly watchesUs?: boolean;
}

export interface Program {
  readonly pid: number;
  /** The exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Ends the program and all that it started. */
  stop(): Promise<void>;
}

// However this process ends, short of kill -9, it ends what it started.
const living = new Set<number>();
process.once('exit', () => {
  for (const pid of living) sendSignal(-pid, 'SIGKILL');
});

/**
 * Starts a program in a process group of its own. Ctrl-C in the terminal does not reach it, so that we end things in order, and one
 * signal ends the program with all that it started.
 */
export const startProgram = async (options: ProgramOptions): Promise<Program> => {
  await mkdir(dirname(options.logFile), { recursive: true });
  const log = await open(options.logFile, 'w');
  try {
    const child = spawn(options.command, options.parameters, {
      cwd: options.folder,
      env: options.environment,
      stdio: [options.watchesUs ? 'pipe' : 'ignore', log.fd, log.fd],
      detached: true,
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const pid = child.pid ?? 0;
    living.add(pid);
    void ended.then(() => living.delete(pid));
    return { pid, ended, stop: () => stopGroup(pid) };
  } finally {
    await log.close();
  }
};

/** Runs a program to its end. Answers its exit code and its output. */
export const runProgram = async (
  options: ProgramOptions,
  onStart: (program: Program) => void,
): Promise<{ code: number | null; output: string }> => {
  const program = await startProgram(options);
  onStart(program);
  const code = await program.ended;
  return { code, output: await readFile(options.logFile, 'utf8') };
};

export const isRunning = (pid: number): boolean => sendSignal(pid, 0);

const POLITE_MS = 4000;

/** Ends a process group: by SIGTERM, then by SIGKILL. */
export const stopGroup = async (pid: number): Promise<void> => {
  if (!sendSignal(-pid, 'SIGTERM')) return;
  for (let waitedMs = 0; waitedMs < POLITE_MS; waitedMs += 50) {
    await sleep(50);
    if (!sendSignal(-pid, 0)) return;
  }
  sendSignal(-pid, 'SIGKILL');
  await sleep(50);
};

/** Answers false when there is no such process, or we may not signal it. */
const sendSignal = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
};
