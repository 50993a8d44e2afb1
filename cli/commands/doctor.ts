import type { Command } from 'commander';
import * as z from 'zod';
import { checkBootstrap, checkConcurrency, checkRegion } from '../account-checks.ts';
import {
  type Check,
  checkApi,
  checkBuckets,
  checkCalls,
  checkCredentials,
  checkModels,
  checkProviders,
  checkSecrets,
} from '../checks.ts';
import { type Call, type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { type DeployedStack, readDeployedStack } from '../deployed-stack.ts';
import { CliError, ExitCode, explain } from '../errors.ts';
import { type Finding, isDenied, needs, problem } from '../finding.ts';
import {
  checkAge,
  checkAlarms,
  checkDropEvents,
  checkIssuer,
  checkPrices,
  checkSettings,
} from '../stage-checks.ts';
import { type AwsAccess, awsAccess, type Target } from '../target.ts';
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
  onCall(command, context, z.object({}), async (call) => {
    const target = await call.target().catch((error: unknown) => {
      if (error instanceof CliError && error.exitCode === ExitCode.notFound) return error;
      throw error;
    });
    if (target instanceof CliError) return beforeDeployment(call, target);
    const { STARTFRAME_API_KEY, STARTFRAME_TOKEN } = call.environment;
    show(call, target.name, await examine(target, Boolean(STARTFRAME_API_KEY || STARTFRAME_TOKEN)));
  });
};

/** Shows the findings. A script sees by the exit code whether one is a problem. */
const show = ({ terminal, answer }: Call<object>, name: string, findings: readonly Finding[]): void => {
  const problems = findings.filter(({ state }) => state === 'problem').length;
  const lines = findings.map((finding) => findingText(terminal, finding));
  answer({ target: name, findings }, [`${name}\n`, ...lines, `\n${verdict(findings, problems)}`].join('\n'));
  if (problems > 0) throw new CliError('', ExitCode.failed);
};

const verdict = (findings: readonly Finding[], problems: number): string => {
  if (problems > 0) return `${problems} of ${findings.length} checks found a problem.`;
  const notes = findings.filter(({ state }) => state === 'note').length;
  return notes === 0 ? 'All is well.' : `All is well. ${notes} of ${findings.length} checks have advice.`;
};

/** There is no such stack yet: what its account and region lack for a deployment. */
const beforeDeployment = async (call: Call<object>, missing: CliError): Promise<void> => {
  const { stage, stack = '' } = call.options;
  const aws = await awsAccess(call.options, call.environment);
  const name = stage ?? stack.replace(/^startframe-/, '');
  const findings = [
    ...(await checkCredentials({ aws })),
    ...(await checkAccount(aws, undefined)),
    problem('stack', missing.message, `npm run deploy -- -c stage=${name}`),
  ];
  const lines = findings.map((finding) => findingText(call.terminal, finding));
  call.answer({ target: name, findings }, [`${name}\n`, ...lines].join('\n'));
  throw missing;
};

const checkAccount = async (aws: AwsAccess, facts: DeployedStack['facts']): Promise<Finding[]> => [
  ...checkRegion(aws),
  ...(await checkBootstrap(aws)),
  ...(await checkConcurrency(aws, facts)),
];

const examine = async (target: Target, isKeyed: boolean): Promise<Finding[]> => {
  const first = [...(isKeyed ? [] : await checkCredentials(target)), ...(await checkApi(target))];
  if (first.some(({ what, state }) => what !== 'version' && state === 'problem')) return first;
  const calls = await checkCalls(target);
  const isIn = calls.every(({ state }) => state === 'ok');
  const further: Check[] = [
    ...(isIn ? [checkModels, checkProviders] : []),
    checkSecrets,
    checkBuckets,
    checkDropEvents,
    (one) => examineStack(one, isIn),
  ];
  const found = await Promise.all(further.map((check) => check(target).catch(broken)));
  return [...first, ...calls, ...found.flat()];
};

/** What the deployed template says. The local cloud has no quotas, and nobody to notify. */
const examineStack = async (target: Target, isIn: boolean): Promise<Finding[]> => {
  if (target.stack === undefined) return [];
  const stack = await readDeployedStack(target, target.stack).catch((error: unknown) => {
    if (isDenied(error)) return undefined;
    throw error;
  });
  if (!stack)
    return [
      needs('stack', 'cloudformation:GetTemplate and cloudformation:DescribeStacks'),
      ...(await checkAccount(target.aws, undefined)),
    ];
  const settings = checkSettings(stack, target.outputs?.AdminsHint);
  const prices = isIn ? await checkPrices(target, stack) : [];
  if (stack.facts?.localCloud) return [...settings.filter(({ state }) => state === 'ok'), ...prices];
  const account = await checkAccount(target.aws, stack.facts);
  const elsewhere = await Promise.all([checkIssuer(stack), checkAlarms(target, stack)]);
  return [...account, ...checkAge(stack), ...settings, ...prices, ...elsewhere.flat()];
};

/** A check that failed is a finding, too. */
const broken = (error: unknown): Finding[] => [
  { what: 'check', state: 'problem', says: explain(error), fix: 'Solve that, and run doctor again.' },
];

const MARKS: Readonly<Record<Finding['state'], readonly [string, Color]>> = {
  ok: ['✓', 'green'],
  note: ['!', 'yellow'],
  problem: ['✗', 'red'],
  unknown: ['?', 'dim'],
};

const findingText = (terminal: Terminal, { what, state, says, fix }: Finding): string => {
  const [mark, color] = MARKS[state];
  const line = `  ${paint(terminal, color, mark)} ${what.padEnd(16)} ${printable(says)}`;
  return fix === undefined ? line : `${line}\n    ${fix}`;
};
