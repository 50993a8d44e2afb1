import * as z from 'zod';
import { JobStatus } from '../kernel/contract.ts';
import { JobSummary } from './job-summary.ts';
import { plainRoute, type Route } from './route.ts';
import { SpendReport, StatsQuery } from './spend-report.ts';
import { isInOrder, Moment, NOT_IN_ORDER } from './time-range.ts';
import { wholeNumber } from './whole-number.ts';

const paging = {
  limit: wholeNumber(1, 100).default(25).describe('25 where left out.'),
  cursor: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('`nextCursor` of the page before, with the same query.'),
};

const Owner = z.string().min(1).max(600).optional();

const NextCursor = z
  .string()
  .optional()
  .describe('Where the next page goes on. Without it this is the last one.');

const JobsQuery = z
  .strictObject({
    status: JobStatus.optional(),
    folder: z
      .string()
      .max(1024)
      .optional()
      .describe(
        'Where the start frame lies: its key up to the last `/`. Empty for those in no folder. Folders below are others.',
      ),
    from: Moment.optional().describe('Accepted at that time, or later.'),
    to: Moment.optional().describe('Accepted before that time.'),
    owner: Owner.describe('Whose jobs, for admins; else your own.'),
    ...paging,
  })
  .refine(isInOrder, NOT_IN_ORDER);

const JobList = z.object({ jobs: z.array(JobSummary), nextCursor: NextCursor }).meta({ id: 'JobList' });

const AttentionItem = z
  .object({
    job: JobSummary,
    reason: z.string().describe('A name such as `WORKFLOW_STOPPED`, or the failure code.'),
    since: z.iso.datetime(),
    whatToDo: z.string(),
    runbook: z.string().describe('Heading of docs/runbook.md, as in its link.'),
  })
  .meta({ id: 'AttentionItem' });
export type AttentionItem = z.infer<typeof AttentionItem>;

const Attention = z
  .object({ items: z.array(AttentionItem), nextCursor: NextCursor })
  .meta({ id: 'Attention' });

export const findRoutes = {
  listJobs: {
    ...plainRoute,
    method: 'GET',
    path: '/jobs',
    tag: 'Jobs',
    summary: 'Your jobs, newest first',
    description:
      'A page costs the same however many jobs there are. With `status` and `folder` together a page may have fewer jobs than `limit`, even none, and still a `nextCursor`: go on until there is none. A list follows the jobs within moments, not at once.',
    query: JobsQuery,
    answers: { 200: { description: 'One page.', body: JobList } },
  },
  listAttention: {
    ...plainRoute,
    method: 'GET',
    path: '/attention',
    tag: 'Jobs',
    summary: 'The jobs that need attention, oldest first, and what to do',
    description: 'Your own jobs; for an admin the jobs of all owners, or of `owner`.',
    query: z.strictObject({ owner: Owner.describe('Whose jobs, for admins.'), ...paging }),
    answers: { 200: { description: 'One page.', body: Attention } },
  },
  showStats: {
    ...plainRoute,
    method: 'GET',
    path: '/stats',
    tag: 'Jobs',
    summary: 'How many jobs succeeded, failed or were cancelled, and their cost, by day and model',
    description:
      'A job counts once it ended, on the day (UTC) of its reservation, else of its submit, else of its acceptance. A deleted job stays counted. Costs are list prices.',
    query: StatsQuery,
    answers: { 200: { description: 'Days and models at which something ended.', body: SpendReport } },
  },
} as const satisfies Record<string, Route>;
