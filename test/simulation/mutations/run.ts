import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { VIOLATED } from '../exit-code.ts';
import { multiMutations } from './multi-mutations.ts';
import { indexSources, type Mutation, MutationRefused, mutate, type SourceIndex } from './mutation.ts';
import { singleMutations } from './single-mutations.ts';
import { throttledMutations } from './throttled-mutations.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** Enough to see each mutation. A proof stops at its first violation. */
const JOBS = 1500;
const RUNS = 400;

interface Trial {
  readonly mutation: Mutation;
  /** The options of the proof that must see it. */
  readonly size: readonly string[];
}

const allTrials: readonly Trial[] = [
  ...multiMutations.map((mutation) => ({
    mutation,
    size: mutation.rival === undefined ? ['--crowds', String(RUNS)] : ['--races', '--rival', mutation.rival],
  })),
  ...throttledMutations.map((mutation) => ({ mutation, size: ['--throttled'] })),
  ...singleMutations.map((mutation) => ({ mutation, size: ['--jobs', String(JOBS), '--crowds', '0'] })),
];

/**
 * Applies one mutation at a time to a copy of the repository and runs the proof there. As many run at once as there are
 * processors, which is safe: each proof has its own virtual time and random numbers. Answers how many mutations it missed.
 */
export const runMutations = async (wanted: string): Promise<number> => {
  const index = indexSources(repository);
  const waiting = allTrials.filter(({ mutation: { name } }) => name.includes(wanted)).values();
  let missed = 0;
  const runSome = async () => {
    for (const { mutation, size } of waiting) {
      const isSeen = report(mutation, await proveWithout(index, mutation, size));
      if (!isSeen) missed += 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, runSome));
  return missed;
};

/** Prints whether the proof saw the mutation, and answers it. */
const report = ({ name }: Mutation, { status, lines }: TrialResult): boolean => {
  const last = lines.at(-1) ?? 'no answer';
  const isSeen = status === VIOLATED && last.startsWith('proof: ');
  console.log(`${isSeen ? 'seen  ' : 'MISSED'}  without "${name}": ${last}`);
  for (const line of lines.slice(0, isSeen ? 2 : 0)) console.log(`        ${line.slice(0, 300)}`);
  return isSeen;
};

interface TrialResult {
  readonly status: number | null;
  readonly lines: readonly string[];
}

const proveWithout = async (
  index: SourceIndex,
  mutation: Mutation,
  size: readonly string[],
): Promise<TrialResult> => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-mutation-'));
  try {
    const files = mutate(index, mutation);
    const left = ['node_modules', '.git', '.local', 'cdk.out'];
    cpSync(repository, folder, { recursive: true, filter: (source) => !left.includes(basename(source)) });
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    for (const [file, changed] of files) writeFileSync(join(folder, file), changed);
    const proof = spawn(
      process.execPath,
      [join(folder, 'test', 'simulation', 'main.ts'), ...size, '--quiet', '--stop'],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [output, errors] = await Promise.all([
      text(proof.stdout),
      text(proof.stderr),
      once(proof, 'close'),
    ]);
    return { status: proof.exitCode, lines: `${output}${errors}`.split('\n').filter((line) => line !== '') };
  } catch (error) {
    if (error instanceof MutationRefused) return { status: null, lines: [error.message] };
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
