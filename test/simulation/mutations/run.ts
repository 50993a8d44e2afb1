import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { crowdGuards } from './crowd-mutations.ts';
import { jobGuards } from './single-mutations.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** One guard, and the smallest change that takes it away; more than one where it stands twice. */
export interface Guard {
  readonly name: string;
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** Races that are tried for it alone: what one in a thousand would show by chance. */
  readonly rival?: string;
}

/** How the proof ends when a promise was broken. */
export const VIOLATED = 1;

/** Enough for each to be seen; a proof that sees one stops. */
const JOBS = 1500;
const CROWDS = 400;

/** Every guard, with the proof that has to see it. */
const allGuards: readonly { readonly guard: Guard; readonly size: readonly string[] }[] = [
  ...crowdGuards.map((guard) => ({
    guard,
    size: guard.rival === undefined ? ['--crowds', String(CROWDS)] : ['--races', '--rival', guard.rival],
  })),
  ...jobGuards.map((guard) => ({ guard, size: ['--jobs', String(JOBS), '--crowds', '0'] })),
];

/** Takes one guard away at a time, in a copy of the repository, and lets the proof look. Answers how many it missed. */
export const breakGuards = (wanted: string): number => {
  let missed = 0;
  for (const { guard, size } of allGuards.filter(({ guard: { name } }) => name.includes(wanted))) {
    const { status, lines } = proveWithout(guard, size);
    const isSeen = status === VIOLATED && lines.at(-1)?.startsWith('proof: ');
    if (!isSeen) missed += 1;
    console.log(`${isSeen ? 'seen  ' : 'MISSED'}  without "${guard.name}": ${lines.at(-1) ?? 'no answer'}`);
    for (const line of lines.slice(0, isSeen ? 2 : 0)) console.log(`        ${line.slice(0, 300)}`);
  }
  return missed;
};

const proveWithout = ({ changes }: Guard, size: readonly string[]): { status: number; lines: string[] } => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-guard-'));
  try {
    const left = ['node_modules', '.git', '.local', 'cdk.out'];
    cpSync(repository, folder, { recursive: true, filter: (source) => !left.includes(basename(source)) });
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, from, to } of changes) {
      const text = readFileSync(join(folder, file), 'utf8');
      if (!text.includes(from))
        return { status: 2, lines: [`${file} has changed: it is not found there any more`] };
      writeFileSync(
        join(folder, file),
        text.replace(from, () => to),
      );
    }
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(folder, 'test', 'simulation', 'main.ts'), ...size, '--quiet', '--stop'],
      { cwd: folder, encoding: 'utf8' },
    );
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    return { status: status ?? 2, lines };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
