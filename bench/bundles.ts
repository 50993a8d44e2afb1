import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summary, timeCommand } from './statistics.ts';

/** Size of each function's bundle, and the time a fresh process takes to load it (a cold start without Lambda's own part). */
export const benchBundles = (): void => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-bench-'));
  try {
    timeCommand('cdk', ['synth', '--quiet', '-c', 'stage=dev', '--output', folder]);
    const bundles = join(folder, 'bundles');
    const rows: Record<string, unknown> = {};
    const empty = [1, 2, 3, 4, 5].map(() => timeCommand('node', ['-e', '0']) * 1000);
    rows['(node itself)'] = { kB: 0, ...summary(empty, 0) };
    for (const name of readdirSync(bundles).sort()) {
      const file = join(bundles, name, 'index.js');
      const load = () => timeCommand('node', ['-e', `require(${JSON.stringify(file)})`]) * 1000;
      load();
      rows[name] = {
        kB: Math.round(statSync(file).size / 1000),
        ...summary([1, 2, 3, 4, 5, 6, 7].map(load), 0),
      };
    }
    console.log('\nbundles: size, and milliseconds to start node and load one, of 7 runs after a warm-up');
    console.table(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
