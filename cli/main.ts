#!/usr/bin/env node
import { ExitCode } from './errors.ts';
import { runStartframe } from './program.ts';
import { terminalOf } from './terminal.ts';

const leaving = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    // The second one does not wait for anything.
    if (leaving.signal.aborted) process.exit(ExitCode.interrupted);
    leaving.abort();
  });

// Who reads only the first lines (`startframe jobs | head`) closes the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? ExitCode.done : ExitCode.failed),
);

process.exitCode = await runStartframe(process.argv.slice(2), {
  terminal: terminalOf(process, process.env),
  environment: process.env,
  folder: process.cwd(),
  signal: leaving.signal,
});
// A connection that is kept alive, or a terminal that was read, keeps nobody here.
process.stdout.write('', () => process.exit());
