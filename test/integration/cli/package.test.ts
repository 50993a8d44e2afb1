import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import * as z from 'zod';
import { buildPackage } from '../../../cli/package.ts';

// The tarball that people install: what is in it, and that it needs nothing else.

const repository = join(__dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'startframe-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const Packed = z
  .array(
    z.object({
      filename: z.string(),
      unpackedSize: z.number(),
      files: z.array(z.object({ path: z.string() })),
    }),
  )
  .length(1);
const Dependencies = z.record(z.string(), z.string());
const Manifest = z.looseObject({
  dependencies: Dependencies.optional(),
  optionalDependencies: Dependencies.optional(),
  peerDependencies: Dependencies.optional(),
  bundleDependencies: z.unknown().optional(),
  scripts: Dependencies,
});

let metafile: Metafile;
let packed: z.infer<typeof Packed>[number];
let manifest: z.infer<typeof Manifest>;

beforeAll(async () => {
  for (const file of ['package.json', 'README.md', 'LICENSE'])
    copyFileSync(join(repository, file), join(folder, file));
  metafile = await buildPackage(join(folder, 'dist'));
  const json = execFileSync('npm', ['pack', '--json', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' });
  const [only] = Packed.parse(JSON.parse(json));
  if (!only) throw new Error('npm packed nothing.');
  packed = only;
  execFileSync('tar', ['-xzf', packed.filename], { cwd: folder });
  manifest = Manifest.parse(JSON.parse(readFileSync(join(folder, 'package', 'package.json'), 'utf8')));
}, 120_000);

test('holds the two bundles, their chunks, the types of the client, and nothing of the repository', () => {
  const others = packed.files
    .map(({ path }) => path)
    .filter((path) => !/^dist\/(chunks\/[\w.-]+\.js|client\/[\w-]+\.d\.ts)$/.test(path));
  expect(others.sort()).toEqual([
    'LICENSE',
    'README.md',
    'dist/client.js',
    'dist/startframe.js',
    'package.json',
  ]);
  expect(packed.unpackedSize).toBeLessThan(1_500_000);
});

test('asks npm for no other package, and runs nothing when it is installed', () => {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifest;
  expect({ ...dependencies, ...optionalDependencies, ...peerDependencies }).toEqual({});
  expect(manifest.bundleDependencies).toBeUndefined();
  for (const name of ['preinstall', 'install', 'postinstall'])
    expect(manifest.scripts).not.toHaveProperty(name);
});

test('loads nothing but itself and Node', () => {
  const left = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
  expect(left.filter((path) => !isBuiltin(path))).toEqual([]);
});

test('holds nothing of lambdas, CDK, local cloud or tests', () => {
  const inputs = Object.keys(metafile.inputs);
  const own = inputs.filter((path) => !path.startsWith('node_modules/'));
  expect([...new Set(own.map((path) => path.split('/')[0]))].sort()).toEqual(['cli', 'client', 'core']);
  expect(inputs.filter((path) => /aws-cdk|constructs|cdk-nag|lambda-powertools|@middy/.test(path))).toEqual(
    [],
  );
});

test('runs in an empty folder', () => {
  const cli = join(folder, 'package', 'dist', 'startframe.js');
  const out = execFileSync(process.execPath, [cli, 'models', '--all', '--json'], {
    cwd: tmpdir(),
    encoding: 'utf8',
  });
  expect(out).toContain('veo3.1-fast');
});
