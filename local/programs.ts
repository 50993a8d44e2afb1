import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProgramOptions {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Everything the program says, from its start on. */
  readonly logFile: string;
  /** Its standard input is a pipe that ends when we do, so that it can notice; else it has none. */
  readonly watchesUs?: boolean;
}

export interface Program {
  readonly pid: number;
  /** The exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Ends the program and all that it started. */
  stop(): Promise<void>;
}

// Whatever way this process leaves, short of a kill -9, nothing that it started stays behind.
const living = new Set<number>();
process.once('exit', () => {
  for (const pid of living) sendSignal(-pid, 'SIGKILL');
});

/**
 * Starts a program in a process group of its own: Ctrl-C in the terminal does not reach it, so that we can end things in
 * order, and its whole family can be ended by one signal.
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

/** Runs a program to its end, and answers its exit code and what it said. */
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

/** Ends a process group: politely, then for certain. */
export const stopGroup = async (pid: number): Promise<void> => {
  if (!sendSignal(-pid, 'SIGTERM')) return;
  for (let waitedMs = 0; waitedMs < POLITE_MS; waitedMs += 50) {
    await sleep(50);
    if (!sendSignal(-pid, 0)) return;
  }
  sendSignal(-pid, 'SIGKILL');
  await sleep(50);
};

/** Answers false when there is no such process (or it is not ours). */
function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
