import { text as readText } from 'node:stream/consumers';
import { CloudFormationClient, type Stack } from '@aws-sdk/client-cloudformation';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import * as z from 'zod';
import { ask } from '../ask.ts';
import { emptyBucket, measureBucket, s3Client } from '../buckets.ts';
import { type Call, type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { counted } from '../counted.ts';
import { listResources, type StackResource } from '../deployed-stack.ts';
import { CliError, ExitCode, usageError } from '../errors.ts';
import { liveLine } from '../live-line.ts';
import {
  deletedStackId,
  deleteStack,
  findStack,
  retainedIds,
  skippedResources,
  unprotectStack,
} from '../stack-deletion.ts';
import {
  allOf,
  countItems,
  deleteKept,
  type Holdings,
  holdingsOf,
  RECOVERY_DAYS,
  unprotectTable,
} from '../stack-remains.ts';
import { factsText } from '../table.ts';
import { type AwsAccess, accessTo } from '../target.ts';
import { canAsk } from '../terminal.ts';

const Options = z.object({ deleteRetained: z.boolean().default(false) });
type DestroyCall = Call<z.output<typeof Options>>;

export const addDestroy = (program: Command, context: Context): void => {
  const command = program
    .command('destroy')
    .summary('delete a stage, its videos and its records')
    .description(
      'Shows what will be lost and asks for the stage’s name. Then empties the buckets that CloudFormation deletes, and deletes the stack. Where it was cut off, the same command goes on. What the stage’s settings retain is kept and named, unless --delete-retained.',
    )
    .option('--delete-retained', 'delete as well what "removal": "retain" keeps');
  addExamples(command, [
    ['startframe destroy --stage dev', 'shows what will be lost, and asks'],
    [
      'startframe destroy --stage prod --delete-retained',
      'the videos and records of a stage that retains them, too',
    ],
    ['echo dev | startframe destroy --stage dev', 'from a script'],
  ]);
  onCall(command, context, Options, destroy);
};

/** What is known of the stack before anything is deleted. */
interface Doomed {
  readonly aws: AwsAccess;
  readonly client: CloudFormationClient;
  readonly name: string;
  /** Missing when an earlier call deleted it. */
  readonly stack: Stack | undefined;
  readonly id: string;
  /** Everything of it that holds data. */
  readonly holdings: Holdings;
  /** Neither CloudFormation nor this call deletes it. */
  isKept(resource: StackResource): boolean;
  /** CloudFormation does not delete it. */
  isRetained(resource: StackResource): boolean;
}

const destroy = async (call: DestroyCall): Promise<void> => {
  const { stage, stack } = call.options;
  if ((stage === undefined) === (stack === undefined))
    throw usageError('Name what to destroy: --stage NAME or --stack NAME.');
  const doomed = await inspect(call, stack ?? `startframe-${stage}`);
  call.say(await lossText(doomed));
  await requireName(call, stage ?? stack ?? '');
  try {
    if (doomed.stack) await deleteWithContent(call, doomed, doomed.stack);
    await deleteRetained(call, doomed);
  } catch (error) {
    if (!call.signal.aborted) throw error;
    throw new CliError('Cut off. The same command goes on where this one stopped.', ExitCode.interrupted);
  }
  const kept = allOf(doomed.holdings).filter((one) => doomed.isKept(one));
  call.answer(
    { stack: doomed.name, kept: kept.map(({ type, physicalId }) => ({ type, name: physicalId })) },
    [`${doomed.name} is deleted.`, ...keptText(kept, stage), ...secretsText(doomed)].join('\n'),
  );
};

const inspect = async (call: DestroyCall, name: string): Promise<Doomed> => {
  const aws = await accessTo(call.options, call.environment, call.folder);
  const client = new CloudFormationClient(aws);
  const stack = await findStack(client, name);
  const id = stack?.StackId ?? (await deletedStackId(client, name));
  if (id === undefined) throw new CliError(`There is no stack ${name} in ${aws.region}.`, ExitCode.notFound);
  const holdings = holdingsOf(stack ? await listResources({ aws }, id) : await skippedResources(client, id));
  const retained = stack ? await retainedIds(client, id) : new Set<string>();
  const isRetained = ({ logicalId, status }: StackResource): boolean =>
    retained.has(logicalId) || status === 'DELETE_SKIPPED';
  const isKept = (one: StackResource): boolean => isRetained(one) && !call.options.deleteRetained;
  return { aws, client, name, stack, id, holdings, isKept, isRetained };
};

const lossText = async (doomed: Doomed): Promise<string> => {
  const { aws, name, stack, holdings, isKept, isRetained } = doomed;
  const s3 = s3Client(aws);
  const facts: [string, string][] = [];
  const add = (one: StackResource, holds: string): void => {
    facts.push([isKept(one) ? 'kept' : 'LOST', `${holds}: ${one.physicalId}`]);
  };
  for (const bucket of holdings.buckets) {
    const { versions, bytes } = await measureBucket(s3, bucket.physicalId);
    add(bucket, `${versions} objects and versions, ${sizeText(bytes)}`);
  }
  for (const table of holdings.tables) {
    const items = await countItems(aws, table.physicalId);
    add(table, `about ${items ?? 0} records and items of jobs`);
  }
  for (const secret of holdings.secrets) add(secret, isRetained(secret) ? 'a key' : 'a key, for good');
  for (const kept of [true, false]) {
    const groups = holdings.logs.filter((group) => isKept(group) === kept);
    if (groups.length > 0) facts.push([kept ? 'kept' : 'LOST', counted(groups.length, 'log group')]);
  }
  const running = stack ? await runningText(doomed) : [];
  const state = stack ? 'would be deleted' : 'is deleted already; this goes on with what it left';
  return [`${name} in ${aws.region} ${state}.`, factsText(facts), ...running].join('\n');
};

const sizeText = (bytes: number): string =>
  bytes < 1e6
    ? `${(bytes / 1e3).toFixed(1)} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`;

/** Jobs whose videos are paid for and not stored yet. */
const runningText = async ({ aws, id }: Doomed): Promise<string[]> => {
  const machines = (await listResources({ aws }, id)).filter(
    ({ type }) => type === 'AWS::StepFunctions::StateMachine',
  );
  const counts = await Promise.all(
    machines.map(async ({ physicalId: stateMachineArn }) => {
      const { executions = [] } = await new SFNClient(aws)
        .send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', maxResults: 1000 }))
        .catch(() => ({ executions: [] }));
      return executions.length;
    }),
  );
  const running = counts.reduce((sum, count) => sum + count, 0);
  return running === 0
    ? []
    : [
        `${counted(running, 'running job')}: what is paid for and not stored yet is lost, too. startframe providers pause stops new submits.`,
      ];
};

/** At a terminal a person types the name; a script sends it by a pipe. */
const requireName = async ({ terminal }: DestroyCall, name: string): Promise<void> => {
  const typed = canAsk(terminal)
    ? await ask(terminal, `To delete it, type the name ${name}: `)
    : await readText(terminal.in);
  if (typed.trim() !== name)
    throw new CliError(`The name ${name} was not given. Nothing was changed.`, ExitCode.notNow);
};

/** S3 still writes access logs, and functions still videos, while the buckets are emptied: what came meanwhile goes the next time. */
const MOST_TRIES = 3;

const deleteWithContent = async (call: DestroyCall, doomed: Doomed, stack: Stack): Promise<void> => {
  const { aws, client, id, holdings, isKept } = doomed;
  await unprotectStack(client, stack);
  for (const table of holdings.tables) if (!isKept(table)) await unprotectTable(aws, table.physicalId);
  let reason: string | undefined;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    await emptyAll(call, doomed);
    call.say('Deleting the stack. This takes some minutes.');
    reason = await deleteStack(client, id, call.signal);
    if (reason === undefined) return;
  }
  throw new CliError(`The stack cannot be deleted: ${reason}\nSolve that, and run the same command again.`);
};

/** Empties what CloudFormation deletes or what this call deletes after it. */
const emptyAll = async (call: DestroyCall, { aws, holdings, isKept }: Doomed): Promise<void> => {
  const s3 = s3Client(aws);
  for (const { physicalId } of holdings.buckets.filter((bucket) => !isKept(bucket))) {
    const line = liveLine(call.terminal);
    try {
      await emptyBucket(s3, physicalId, call.signal, (deleted) =>
        line.show(`  … ${physicalId}: ${deleted} versions deleted`),
      );
    } finally {
      line.end();
    }
  }
};

const deleteRetained = async (call: DestroyCall, { aws, holdings, isRetained }: Doomed): Promise<void> => {
  if (!call.options.deleteRetained) return;
  for (const resource of allOf(holdings).filter((one) => isRetained(one))) {
    call.signal.throwIfAborted();
    await deleteKept(aws, resource, call.signal);
  }
};

const keptText = (kept: readonly StackResource[], stage: string | undefined): string[] =>
  kept.length === 0
    ? []
    : [
        'Kept, as the stage’s settings say:',
        ...kept.map(({ type, physicalId }) => `  ${type.split('::').slice(1).join(' ')}  ${physicalId}`),
        ...(stage === undefined
          ? []
          : [`To delete that as well: startframe destroy --stage ${stage} --delete-retained`]),
      ];

const secretsText = ({ holdings, isKept, isRetained }: Doomed): string[] =>
  holdings.secrets.some((one) => isRetained(one) && !isKept(one))
    ? [`Keys can be restored for ${RECOVERY_DAYS} days: aws secretsmanager restore-secret --secret-id ARN`]
    : [];
