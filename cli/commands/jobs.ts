import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import * as z from 'zod';
import type { JobList, JobSummary } from '../../client/index.ts';
import { JobStatus } from '../../core/kernel/contract.ts';
import { type Call, type Context, Count, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { ageText, pictureName } from '../job-text.ts';
import { dollars } from '../money-text.ts';
import { type Column, tableText } from '../table.ts';
import type { Target } from '../target.ts';

const JobsOptions = z.object({
  status: z.enum(JobStatus.options, `one of ${JobStatus.options.join(', ')}`).optional(),
  folder: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  owner: z.string().optional(),
  limit: Count.default(25),
  watch: z.boolean().default(false),
});
type JobsOptions = z.infer<typeof JobsOptions>;

export const addJobs = (program: Command, context: Context): void => {
  const command = program
    .command('jobs')
    .summary('your jobs, newest first')
    .option('--status <status>', JobStatus.options.join(', '))
    .option('--folder <folder>', 'the folder of the picture in the inbox')
    .option('--from <time>', 'accepted then or later: 2026-11-21, or with a time of day')
    .option('--to <time>', 'accepted before')
    .option('--owner <owner>', 'whose jobs, for admins')
    .option('-n, --limit <n>', 'at most this many (default 25)')
    .option('--watch', 'refresh every two seconds; without a terminal, print a line for each change');
  addExamples(command, [
    ['startframe jobs --watch', ''],
    ['startframe jobs --status failed --from 2026-11-21 -n 100', ''],
    [`startframe jobs --json | jq -r '.jobs[].jobId'`, ''],
  ]);
  onCall(command, context, JobsOptions, async (call) => {
    const target = await call.target();
    if (call.options.watch) return watch(call, target);
    const list = await listAll(target, call.options, call.signal);
    const more = list.nextCursor === undefined ? '' : `\nThere are more: --limit ${call.options.limit * 4}`;
    call.answer(
      list,
      list.jobs.length === 0 ? 'No jobs.' : `${tableText(call.terminal, columns(), list.jobs)}${more}`,
    );
  });
};

const MOST_OF_A_PAGE = 100;

/** Reads pages until the limit. */
const listAll = async (
  { api }: Target,
  { limit, status, folder, from, to, owner }: JobsOptions,
  signal: AbortSignal,
): Promise<JobList> => {
  const jobs: JobSummary[] = [];
  let cursor: string | undefined;
  do {
    const query = { status, folder, from, to, owner, cursor };
    const page = await api.listJobs(
      { ...query, limit: Math.min(limit - jobs.length, MOST_OF_A_PAGE) },
      { signal },
    );
    jobs.push(...page.jobs);
    cursor = page.nextCursor;
  } while (cursor !== undefined && jobs.length < limit);
  return { jobs, ...(cursor === undefined ? {} : { nextCursor: cursor }) };
};

const columns = (now = Date.now()): readonly Column<JobSummary>[] => [
  // The whole id: half an id is of no use.
  { title: 'job', of: ({ jobId }) => jobId },
  { title: 'status', of: ({ status, overdue }) => (overdue ? `${status}, overdue` : status), shrinksTo: 10 },
  { title: 'age', of: ({ createdAt }) => ageText(now - Date.parse(createdAt)), isRight: true },
  { title: 'cost', of: ({ costMicros, priceMicros }) => dollars(costMicros ?? priceMicros), isRight: true },
  { title: 'model', of: ({ model }) => model, shrinksTo: 8 },
  { title: 'picture', of: ({ startFrame }) => startFrame && pictureName(startFrame), shrinksTo: 8 },
  { title: 'why', of: ({ failure, attention }) => failure?.code ?? attention?.reason, shrinksTo: 8 },
];

const WATCH_EVERY_MS = 2000;
const CLEAR_SCREEN = '\u001b[H\u001b[2J';

const watch = async (call: Call<JobsOptions>, target: Target): Promise<void> => {
  const { terminal, signal, options } = call;
  const isScreen = terminal.out.isTTY === true && !options.json;
  const changed = changesOf();
  while (!signal.aborted) {
    const { jobs } = await listAll(target, options, signal);
    const text = isScreen
      ? `${CLEAR_SCREEN}${tableText(terminal, columns(), jobs)}\n`
      : changed(jobs)
          .map(options.json ? jsonLine : plainLine)
          .join('');
    terminal.out.write(text);
    await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
};

const jsonLine = (job: JobSummary): string => `${JSON.stringify(job)}\n`;
const plainLine = ({ jobId, status }: JobSummary): string => `${jobId}  ${status}\n`;

/** Answers a function that answers the jobs whose status changed since the last call, oldest first. */
const changesOf = (): ((jobs: readonly JobSummary[]) => JobSummary[]) => {
  const shown = new Map<string, string>();
  return (jobs) => {
    const changed = [...jobs].reverse().filter(({ jobId, status }) => shown.get(jobId) !== status);
    for (const { jobId, status } of changed) shown.set(jobId, status);
    return changed;
  };
};
