import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

/**
 * Seconds from a clean clone to the first video, with empty npm and pip caches and then with everything installed. Shows the
 * steps of `npm start` as they come.
 */
export const benchFirstVideo = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-first-'));
  const clone = join(folder, 'startframe');
  const cold = { npm_config_cache: join(folder, 'npm-cache'), PIP_NO_CACHE_DIR: '1' };
  const rows: Record<string, number> = {};
  const step = async (name: string, command: string, args: string[], cwd: string): Promise<void> => {
    const start = performance.now();
    await run(command, args, cwd, cold);
    rows[name] = Math.round((performance.now() - start) / 100) / 10;
  };
  try {
    await step('git clone', 'git', ['clone', '--quiet', process.cwd(), clone], folder);
    await step('npm ci, empty cache', 'npm', ['ci'], clone);
    await step(
      'npm start --once, nothing installed',
      'npm',
      ['start', '--', '--once', '--port', '4690'],
      clone,
    );
    await step(
      'npm start --once, everything installed',
      'npm',
      ['start', '--', '--once', '--port', '4690'],
      clone,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log('\nto the first video, seconds');
  console.table(rows);
};

const run = (command: string, args: string[], cwd: string, environment: NodeJS.ProcessEnv): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => console.log(`    ${line}`));
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')} ended with ${code}.`)),
    );
  });
