import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

// What the package consists of: the command line and the client, each with all that it needs, for any Node from 20 on.

const repository = join(import.meta.dirname, '..');
const dist = join(repository, 'dist');

rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: repository,
  entryPoints: { startframe: 'cli/main.ts', client: 'client/index.ts' },
  outdir: dist,
  bundle: true,
  // What few calls need (single sign-on, CloudFormation) is loaded by those.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  minify: true,
  // Errors keep the names of their classes.
  keepNames: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  // Packages in CommonJS ask for Node's own modules in their way.
  banner: {
    js: "import { createRequire as createRequireOfNode } from 'node:module'; const require = createRequireOfNode(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(join(dist, 'startframe.js'), 0o755);
execFileSync('tsc', ['--project', 'client/tsconfig.json'], { cwd: repository, stdio: 'inherit' });
