import { join } from 'node:path';
import { readStage } from '../lib/stage-config.ts';
import { type CountedRun, countedRun, type FunctionWork } from './cost-run.ts';
import { type CostTemplate, costTemplate } from './cost-template.ts';
import { dollarsOf, prices, type Quantity, totalOf } from './prices.ts';

// What a stage costs: the template's resources and the counts of a job that really ran, by list prices. Only times and log sizes
// are assumptions; they stand here by name.

/** Milliseconds of a warm function. Submits wait for the gateway; a video of 10 MB takes its time; the others wait for DynamoDB. */
const ASSUMED_MS: Readonly<Record<string, number>> = {
  'submit-job': 1500,
  'store-video': 2500,
  'check-job': 250,
  'sweep-jobs': 300,
};
const OTHER_MS = 150;

/** Log bytes of one invocation, and of one state that the workflow enters. */
const LOG_BYTES = { invocation: 1000, transition: 2000 };

const MINUTES_A_MONTH = 43_800;

/** An event source reads a queue with five long polls of 20 s at a time, also when it is empty. */
const READS_OF_A_QUEUE = 5 * 3 * MINUTES_A_MONTH;

const GIGABYTE = 1e9;

const computeOf = (template: CostTemplate, name: string, count: number): Quantity[] => [
  { what: 'Lambda requests', price: 'invocation', count },
  {
    what: 'Lambda time',
    price: 'gigabyteSecond',
    count: ((template.gigabytes.get(name) ?? 0) * count * (ASSUMED_MS[name] ?? OTHER_MS)) / 1000,
  },
  { what: 'logs', price: 'logGigabyte', count: (count * LOG_BYTES.invocation) / GIGABYTE },
];

const tableOf = ({ readUnits, writeUnits }: FunctionWork, times: number): Quantity[] => [
  { what: 'DynamoDB reads', price: 'readUnit', count: readUnits * times },
  { what: 'DynamoDB writes', price: 'writeUnit', count: writeUnits * times },
];

const nothing: FunctionWork = { invocations: 0, readUnits: 0, writeUnits: 0, calls: new Map() };

/** An inbox without news: one page of its list, a read and a write. */
const INBOX_SWEEP: FunctionWork = {
  invocations: 1,
  readUnits: 1,
  writeUnits: 1,
  calls: new Map([['ListObjectVersions', 1]]),
};

const sweeperMonth = (template: CostTemplate, name: string, count: number, work: FunctionWork): Quantity[] =>
  [
    ...computeOf(template, name, count),
    ...tableOf(work, count),
    {
      what: 'S3 lists',
      price: 's3Write' as const,
      count: count * (work.calls.get('ListObjectVersions') ?? 0),
    },
    { what: 'traces', price: 'trace' as const, count },
  ].map((one) => ({ ...one, what: `sweepers: ${one.what}` }));

/** A month in which nothing happens. */
export const idleMonth = (template: CostTemplate, { work }: CountedRun): Quantity[] => [
  { what: 'alarms', price: 'alarm', count: template.countOf('AWS::CloudWatch::Alarm') },
  { what: 'secrets', price: 'secret', count: template.countOf('AWS::SecretsManager::Secret') },
  { what: 'KMS keys', price: 'key', count: template.countOf('AWS::KMS::Key') },
  {
    what: 'reads of empty queues',
    price: 'queueRequest',
    count: READS_OF_A_QUEUE * queueSources(template),
  },
  ...sweeperMonth(template, 'sweep-jobs', MINUTES_A_MONTH, work.get('sweep-jobs') ?? nothing),
  ...sweeperMonth(template, 'sweep-inbox', MINUTES_A_MONTH / 5, INBOX_SWEEP),
];

/** Event sources that read queues: all but those of the table's stream. */
const queueSources = (template: CostTemplate): number =>
  template.countOf('AWS::Lambda::EventSourceMapping') - STREAM_SOURCES;
const STREAM_SOURCES = 2;

/** One job that is polled so often. */
export const oneJob = (template: CostTemplate, run: CountedRun, polls: number): Quantity[] => {
  const transitions = run.transitions + 3 * (polls - run.polls);
  const functions = [...run.work].filter(
    ([name]) => !['sweep-jobs', 'sweep-inbox', 'job-api'].includes(name),
  );
  const timesOf = (name: string) => (name === 'check-job' ? polls / run.polls : 1);
  const callsOf = (...names: string[]): number =>
    functions.reduce(
      (sum, [, { calls }]) => sum + names.reduce((all, name) => all + (calls.get(name) ?? 0), 0),
      0,
    );
  return merged([
    { what: 'state transitions', price: 'transition', count: transitions },
    { what: 'logs', price: 'logGigabyte', count: (transitions * LOG_BYTES.transition) / GIGABYTE },
    ...functions.flatMap(([name, work]) => [
      ...computeOf(template, name, work.invocations * timesOf(name)),
      ...tableOf(work, timesOf(name)),
    ]),
    // The drop itself is a PUT, too.
    { what: 'S3 writes', price: 's3Write', count: callsOf('PutObject') + 1 },
    { what: 'S3 reads', price: 's3Read', count: callsOf('GetObject', 'HeadObject') },
    // Sent by the rule, received, deleted.
    { what: 'queue of uploads', price: 'queueRequest', count: 3 },
    // S3's own, too.
    { what: 'events', price: 'event', count: run.events + 1 },
    { what: 'traces', price: 'trace', count: 1 },
  ]);
};

/** One quantity for each thing that is charged. */
const merged = (quantities: readonly Quantity[]): Quantity[] => {
  const sums = new Map<string, Quantity>();
  for (const one of quantities)
    sums.set(one.what, { ...one, count: one.count + (sums.get(one.what)?.count ?? 0) });
  return [...sums.values()];
};

const money = (dollars: number): string => `$${dollars.toFixed(dollars < 0.1 ? 3 : 2)}`;
const POLLS = [1, 5, 20];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The page as it stands in docs/guides/cost.md: two tables in Markdown. */
export const costTables = async (): Promise<string> => {
  const template = costTemplate(readStage('dev', join(import.meta.dirname, '..', 'stages')));
  const run = await countedRun();
  const idle = merged(idleMonth(template, run)).filter((one) => dollarsOf(one) >= 0.0005);
  const jobs = POLLS.map((polls) => oneJob(template, run, polls));
  const inThousand = (quantities: readonly Quantity[], what: string): string =>
    money(1000 * totalOf(quantities.filter((one) => one.what === what)));
  return [
    row(['idle, a month', 'how many', 'costs']),
    row(['---', '---', '---']),
    ...idle.map((one) => row([one.what, countText(one), money(dollarsOf(one))])),
    row(['**in all**', '', `**${money(totalOf(idle))}**`]),
    '',
    row(['1,000 jobs', ...POLLS.map((polls) => `${polls} ${polls === 1 ? 'poll' : 'polls'}`)]),
    row(['---', ...POLLS.map(() => '---')]),
    ...(jobs[0] ?? []).map(({ what }) => row([what, ...jobs.map((job) => inThousand(job, what))])),
    row(['**in all**', ...jobs.map((job) => `**${money(1000 * totalOf(job))}**`)]),
  ].join('\n');
};

const countText = ({ count, price }: Quantity): string =>
  `${count >= 100 ? Math.round(count).toLocaleString('en-US') : Math.round(100 * count) / 100} × ${money6(prices[price].dollars)} per ${prices[price].per === 1 ? '' : `${prices[price].per.toLocaleString('en-US')} `}${prices[price].unit}`;

const money6 = (dollars: number): string => `$${Number(dollars.toPrecision(6))}`;

/** Prints what a stage costs. */
export const benchCost = async (): Promise<void> => {
  console.log(`\n${await costTables()}\n\nList prices of us-east-1, without any free tier:`);
  console.table(
    Object.fromEntries(
      Object.entries(prices).map(([name, { dollars, per, unit, source, date }]) => [
        name,
        { price: `$${dollars} for ${per} ${unit}`, source, date },
      ]),
    ),
  );
};
