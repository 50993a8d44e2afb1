import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { withoutAws } from './cloud-access.ts';
import { repository } from './cloud-folder.ts';
import type { Endings } from './endings.ts';
import { LocalCloudError } from './local-cloud-error.ts';
import { runProgram } from './programs.ts';

/** A synthesised template with its bundles. */
export interface Assembly {
  readonly folder: string;
  /** Hash of everything it was made from. */
  readonly inputs: string;
}

const sources = ['bin', 'core', 'lambdas', 'lib'];
const settings = ['cdk.json', 'package-lock.json'];

/** Hash of everything that the template and its bundles are made from. */
export const hashInputs = async (stageFile: string): Promise<string> => {
  const hash = createHash('sha256');
  const inSources = await Promise.all(
    sources.map(async (folder) => {
      const found = await readdir(join(repository, folder), { recursive: true, withFileTypes: true });
      return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    }),
  );
  const files = [...inSources.flat().sort(), ...settings.map((file) => join(repository, file)), stageFile];
  for (const file of files) hash.update(`${file}\0`).update(await readFile(file));
  return hash.digest('hex');
};

const stampFile = (folder: string): string => join(folder, 'startframe-inputs');

/** The assembly made from these inputs, if it is still there. */
export const findAssembly = async (cloudFolder: string, inputs: string): Promise<Assembly | undefined> => {
  const folder = join(cloudFolder, 'cdk.out');
  const stamp = await readFile(stampFile(folder), 'utf8').catch(() => '');
  return stamp === inputs ? { folder, inputs } : undefined;
};

/**
 * Synthesises the local stage as `cdk synth` does: it runs the app with its context. It does not run the CDK's command line, which
 * needs the account of the cloud, and the cloud is still starting.
 */
export const synthesise = async (
  cloudFolder: string,
  stageFile: string,
  inputs: string,
  endings: Endings,
): Promise<Assembly> => {
  const folder = join(cloudFolder, 'cdk.out');
  const logFile = join(cloudFolder, 'synth.log');
  await rm(folder, { recursive: true, force: true });
  const { context } = CdkSettings.parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));
  const { code, output } = await runProgram(
    {
      command: process.execPath,
      parameters: [join(repository, 'bin', 'app.ts')],
      folder: repository,
      environment: {
        ...withoutAws(process.env),
        CDK_OUTDIR: folder,
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage: stageFile }),
        NODE_COMPILE_CACHE: join(cloudFolder, '..', 'node-compile-cache'),
        // CloudFormation's validator takes three quarters of the time. A test of its own has it look at this stage.
        CDK_VALIDATION: 'false',
      },
      logFile,
    },
    (program) => endings.add(() => program.stop()),
  );
  if (code !== 0) {
    throw new LocalCloudError(
      `The template could not be made: ${firstReason(output)}\nThe whole log is ${logFile}.`,
    );
  }
  await writeFile(stampFile(folder), inputs);
  return { folder, inputs };
};

const CdkSettings = z.looseObject({ context: z.record(z.string(), z.unknown()) });

/** The lines that name the error: stack traces and code frames say less. */
const firstReason = (output: string): string => {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const named = lines.filter((line) => /error|stages\/|stage\.json/i.test(line) && !/^\s+at /.test(line));
  return (named.length > 0 ? named : lines).slice(0, 4).join('\n').trim() || 'it printed nothing.';
};
