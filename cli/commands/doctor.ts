import type { Command } from 'commander';
import * as z from 'zod';
import {
  type Check,
  checkApi,
  checkBuckets,
  checkCalls,
  checkCredentials,
  checkModels,
  checkProviders,
  checkSecrets,
  type Finding,
} from '../checks.ts';
import { type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { CliError, ExitCode, explain } from '../errors.ts';
import type { Target } from '../target.ts';
import { type Color, paint, printable, type Terminal } from '../terminal.ts';

export const addDoctor = (program: Command, context: Context): void => {
  const command = program
    .command('doctor')
    .summary('what is configured, reachable and allowed')
    .description(
      'Checks everything that a video needs, changes nothing, and says what to do. Exit code 1 for a problem.',
    );
  addExamples(command, [
    ['startframe doctor', 'the local stack'],
    ['startframe doctor --stage dev --profile work', ''],
  ]);
  onCall(command, context, z.object({}), async ({ target: find, terminal, environment, answer }) => {
    const target = await find();
    const findings = await examine(
      target,
      (environment.STARTFRAME_API_KEY ?? environment.STARTFRAME_TOKEN ?? '') !== '',
    );
    const problems = findings.filter(({ state }) => state === 'problem').length;
    const lines = findings.map((finding) => findingText(terminal, finding));
    const verdict =
      problems === 0 ? 'All is well.' : `${problems} of ${findings.length} checks found a problem.`;
    answer({ target: target.name, findings }, [`${target.name}\n`, ...lines, `\n${verdict}`].join('\n'));
    if (problems > 0) throw new CliError('', ExitCode.failed);
  });
};

const examine = async (target: Target, isKeyed: boolean): Promise<Finding[]> => {
  const first = [...(isKeyed ? [] : await checkCredentials(target)), ...(await checkApi(target))];
  if (first.some(({ what, state }) => what !== 'version' && state === 'problem')) return first;
  const calls = await checkCalls(target);
  const isIn = calls.every(({ state }) => state === 'ok');
  const further: Check[] = [...(isIn ? [checkModels, checkProviders] : []), checkSecrets, checkBuckets];
  const found = await Promise.all(further.map((check) => check(target).catch(broken)));
  return [...first, ...calls, ...found.flat()];
};

/** A check that failed is a finding, too. */
const broken = (error: unknown): Finding[] => [
  { what: 'check', state: 'problem', says: explain(error), fix: 'Solve that, and run doctor again.' },
];

const MARKS: Readonly<Record<Finding['state'], readonly [string, Color]>> = {
  ok: ['✓', 'green'],
  problem: ['✗', 'red'],
  unknown: ['?', 'dim'],
};

const findingText = (terminal: Terminal, { what, state, says, fix }: Finding): string => {
  const [mark, color] = MARKS[state];
  const line = `  ${paint(terminal, color, mark)} ${what.padEnd(16)} ${printable(says)}`;
  return fix === undefined ? line : `${line}\n    ${fix}`;
};
