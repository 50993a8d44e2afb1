#!/usr/bin/env node
import { ExitCode } from './errors.ts';
import { runStartframe } from './program.ts';
import { terminalOf } from './terminal.ts';

const leaving = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    // The second one ends the process at once.
    if (leaving.signal.aborted) process.exit(ExitCode.interrupted);
    leaving.abort();
  });

// `startframe jobs | head` closes the pipe after the first lines.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? ExitCode.done : ExitCode.failed),
);

process.exitCode = await runStartframe(process.argv.slice(2), {
  terminal: terminalOf(process, process.env),
  environment: process.env,
  folder: process.cwd(),
  signal: leaving.signal,
});
// An open connection or a terminal that was read would keep the process alive.
process.stdout.write('', () => process.exit());
