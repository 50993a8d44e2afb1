import type { Command } from 'commander';
import * as z from 'zod';
import { toMicros } from '../../core/kernel/money.ts';
import { confirm } from '../ask.ts';
import { type Call, type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { counted } from '../counted.ts';
import { listResources } from '../deployed-stack.ts';
import { CliError, ExitCode, usageError } from '../errors.ts';
import { type JudgedDrop, judgedDrops, sendDrops } from '../missed-drops.ts';
import { dollars } from '../money-text.ts';
import type { Target } from '../target.ts';
import { printable } from '../terminal.ts';

const Options = z.object({
  limit: z
    .string()
    .regex(/^\$?\d+(\.\d+)?$/, "a number of jobs, or an amount such as '$20'")
    .optional(),
  yes: z.boolean().default(false),
});

export const addImport = (program: Command, context: Context): void => {
  const command = program
    .command('import')
    .argument('[prefix]', 'keys of the inbox that begin with it; without one, all', '')
    .summary('start jobs of objects that were dropped and have none')
    .description(
      'Finds objects of the inbox whose event never came, shows how many they are and what they cost, and asks. Each becomes the job that its drop would have been: a second time it starts nothing, and a deleted job’s object is never taken.',
    )
    .option('--limit <most>', "at most so many jobs, or so many dollars ('$20')")
    .option('--yes', 'do not ask');
  addExamples(command, [
    ['startframe import shoes/ --stage dev', 'shows count and price, and asks'],
    ["startframe import shoes/ --stage dev --limit '$20' --yes", 'at most for $20'],
  ]);
  onCall(command, context, Options, async (call) => {
    const [prefix = ''] = call.words;
    const target = await call.target();
    const inbox = inboxOf(target);
    const price = await usualPrice(target);
    const most = mostJobs(call.options.limit, price);
    const found = await findMissed(target, inbox, prefix, most);
    const summary = {
      bucket: inbox.bucket,
      prefix,
      missed: found.missed.length,
      hasMore: found.hasMore,
      unknowable: found.unknowable,
      priceMicros: price === undefined ? undefined : price * found.missed.length,
    };
    if (found.missed.length === 0)
      return call.answer(
        { ...summary, started: 0 },
        `Every object below "${prefix}" has its job.${tooOld(found)}`,
      );
    call.say(foundText(prefix, found, price));
    await requireConsent(call, found.missed.length);
    const started = await sendDrops(target.aws, await uploadQueue(target), inbox.bucket, found.missed);
    call.answer(
      { ...summary, started, jobs: found.missed.map(({ jobId, key }) => ({ jobId, key })) },
      `${counted(started, 'job')} started. startframe jobs --watch shows them.`,
    );
  });
};

const inboxOf = ({ outputs }: Target) => {
  const { InboxBucketName: bucket, JobTableName: table } = outputs ?? {};
  if (bucket === undefined || table === undefined)
    throw usageError('An address does not tell where the inbox is. Name the stack: --stage or --stack.');
  return { bucket, table };
};

/** List price of a video by the stage's defaults; nothing where there is none, or where these credentials may not call. */
const usualPrice = async ({ api }: Target): Promise<number | undefined> => {
  const made = await api.createJob({ prompt: 'A dropped picture.', dryRun: true }).catch(() => undefined);
  return made && 'dryRun' in made ? made.priceMicros : undefined;
};

const mostJobs = (limit: string | undefined, price: number | undefined): number => {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  if (!limit.startsWith('$')) return Math.floor(Number(limit));
  if (price === undefined)
    throw usageError(
      'The default model has no known price, so dollars limit nothing. Give --limit a number of jobs.',
    );
  return Math.floor(toMicros(Number(limit.slice(1))) / price);
};

interface Found {
  readonly missed: readonly JudgedDrop[];
  /** Objects of which nobody knows any more whether their job was deleted. */
  readonly unknowable: number;
  /** The limit ended the search. */
  readonly hasMore: boolean;
}

const findMissed = async (
  { aws }: Target,
  inbox: ReturnType<typeof inboxOf>,
  prefix: string,
  most: number,
): Promise<Found> => {
  const missed: JudgedDrop[] = [];
  let unknowable = 0;
  for await (const drop of judgedDrops(aws, inbox, prefix, new Date())) {
    if (drop.fate === 'unknowable') unknowable += 1;
    if (drop.fate !== 'missed') continue;
    if (missed.length >= most) return { missed, unknowable, hasMore: true };
    missed.push(drop);
  }
  return { missed, unknowable, hasMore: false };
};

const SHOWN = 10;

const foundText = (prefix: string, found: Found, price: number | undefined): string => {
  const { missed, hasMore } = found;
  const total =
    price === undefined
      ? 'of unknown price'
      : `${dollars(price)} each, ${dollars(price * missed.length)} in all`;
  const more = missed.length > SHOWN ? [`  … and ${missed.length - SHOWN} more`] : [];
  return [
    ...missed.slice(0, SHOWN).map(({ key }) => `  ${printable(key)}`),
    ...more,
    `${counted(missed.length, 'object')} below "${prefix}" without a job${hasMore ? ', within the limit' : ''}: by the stage’s defaults ${total}. An object’s own metadata may ask for another video.${tooOld(found)}`,
  ].join('\n');
};

const tooOld = ({ unknowable }: Found): string =>
  unknowable === 0
    ? ''
    : ` ${counted(unknowable, 'object')} left alone: so old that nobody knows whether the job was deleted. To make one a video, drop it again.`;

const requireConsent = async (
  { terminal, options }: Call<z.output<typeof Options>>,
  count: number,
): Promise<void> => {
  if (options.yes || (await confirm(terminal, `Start ${counted(count, 'job')}?`))) return;
  throw new CliError('Nothing was started. With --yes the command does not ask.', ExitCode.notNow);
};

/** The queue that the inbox's events go to, by the id that the template gives it. */
const uploadQueue = async (target: Target): Promise<string> => {
  const resources = await listResources(target, target.stack ?? target.name);
  const queue = resources.find(
    ({ type, logicalId }) =>
      type === 'AWS::SQS::Queue' && /^UploadTriggerUploads[0-9A-F]{8}$/.test(logicalId),
  );
  if (!queue)
    throw new CliError(`${target.name} has no queue of uploads. Deploy it again.`, ExitCode.notFound);
  return queue.physicalId;
};
