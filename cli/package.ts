import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

const repository = join(import.meta.dirname, '..');

/**
 * Writes what the package consists of: the command line and the client, bundled with all that they need, for any Node from 20 on.
 * Answers what esbuild put in, and what it left to be loaded.
 */
export const buildPackage = async (dist: string): Promise<Metafile> => {
  rmSync(dist, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: { startframe: 'cli/main.ts', client: 'client/index.ts' },
    outdir: dist,
    bundle: true,
    metafile: true,
    // Only the calls that need single sign-on or CloudFormation load them.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    minify: true,
    // Errors keep the names of their classes.
    keepNames: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    // Packages in CommonJS load Node's own modules by require.
    banner: {
      js: "import { createRequire as createRequireOfNode } from 'node:module'; const require = createRequireOfNode(import.meta.url);",
    },
    logLevel: 'warning',
  });
  chmodSync(join(dist, 'startframe.js'), 0o755);
  const types = ['--project', 'client/tsconfig.json', '--outDir', join(dist, 'client')];
  execFileSync(join(repository, 'node_modules', '.bin', 'tsc'), types, { cwd: repository, stdio: 'inherit' });
  return metafile;
};
