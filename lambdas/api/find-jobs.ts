import { findRoutes } from '../../core/api/find-routes.ts';
import { jobSummary } from '../../core/api/job-summary.ts';
import { daysOf, MOST_DAYS, spendReport } from '../../core/api/spend-report.ts';
import { dayOf } from '../../core/billing/budget.ts';
import { adviceOn } from '../../core/jobs/attention.ts';
import { ATTENTION_PARTITION, type ListedJob, listPartitions } from '../../core/jobs/list-index.ts';
import { cursorOf, type Page, sortKeyOf } from '../../core/jobs/pagination.ts';
import { now } from '../shared/platform/clock.ts';
import { ApiProblem, jsonAnswer } from '../shared/platform/problem-response.ts';
import { type JobList, listJobs as readList } from '../shared/table/list-jobs.ts';
import { readSpend } from '../shared/table/spend-store.ts';
import { type Caller, namesOwner } from './caller.ts';
import { operation } from './operation.ts';
import { invalid } from './read-request.ts';

/** The owner whose things are requested. @throws ApiProblem where it is another owner and the caller is no admin */
const requestedOwner = ({ owner, isAdmin }: Caller, requested: string | undefined): string => {
  if (requested === undefined) return owner;
  if (namesOwner(requested, owner)) return requested;
  if (!isAdmin) throw new ApiProblem(403, 'FORBIDDEN', 'Only an admin of the stage may name another owner.');
  return requested;
};

const requestedPosition = (question: unknown, cursor: string | undefined): string | undefined => {
  if (cursor === undefined) return undefined;
  const sortKey = sortKeyOf(question, cursor);
  if (sortKey !== undefined) return sortKey;
  const message =
    'cursor: it does not belong to this query. Send the nextCursor of the page before with the same query, or no cursor.';
  throw invalid([{ field: 'cursor', message }]);
};

const nextCursor = (question: unknown, { next }: Page<ListedJob>): { nextCursor?: string } =>
  next === undefined ? {} : { nextCursor: cursorOf(question, next) };

export const listJobs = operation(findRoutes.listJobs, async ({ caller, query }) => {
  const { limit, cursor, status, folder, from, to } = query;
  const owner = requestedOwner(caller, query.owner);
  // People write folders with a slash at the end, too.
  const requested = { owner, status, folder: folder?.replace(/\/$/, ''), from, to };
  const question = ['jobs', requested];
  const page = await readList({
    ...listOf(requested),
    isNewestFirst: true,
    from,
    to,
    after: requestedPosition(question, cursor),
    limit,
  });
  // The key of a folder joins names, so another owner's may look like this one's: those jobs are left out.
  const jobs = page.items.filter((job) => job.owner === owner);
  return jsonAnswer(200, { jobs: jobs.map(jobSummary), ...nextCursor(question, page) });
});

/** The index that answers most of the query, and a filter for the rest. */
const listOf = ({
  owner,
  status,
  folder,
}: {
  readonly owner: string;
  readonly status: ListedJob['status'] | undefined;
  readonly folder: string | undefined;
}): Pick<JobList, 'index' | 'partitions' | 'isWanted'> => {
  if (folder !== undefined)
    return {
      index: 'byFolder',
      partitions: listPartitions(owner, folder),
      ...(status === undefined ? {} : { isWanted: (job) => job.status === status }),
    };
  return status === undefined
    ? { index: 'byOwner', partitions: listPartitions(owner) }
    : { index: 'byOwnerStatus', partitions: listPartitions(owner, status) };
};

export const listAttention = operation(findRoutes.listAttention, async ({ caller, query }) => {
  const { limit, cursor } = query;
  const isOfAll = caller.isAdmin && query.owner === undefined;
  const owner = isOfAll ? undefined : requestedOwner(caller, query.owner);
  const question = ['attention', { owner }];
  const page = await readList({
    ...(owner === undefined
      ? { index: 'attention', partitions: listPartitions(ATTENTION_PARTITION) }
      : { index: 'attentionByOwner', partitions: listPartitions(owner) }),
    isNewestFirst: false,
    after: requestedPosition(question, cursor),
    limit,
  });
  const items = page.items.flatMap((job) => {
    const advice = adviceOn(job);
    return job.attention && advice ? [{ job: jobSummary(job), ...job.attention, ...advice }] : [];
  });
  return jsonAnswer(200, { items, ...nextCursor(question, page) });
});

export const showStats = operation(findRoutes.showStats, async ({ caller, query }) => {
  const owner = requestedOwner(caller, query.owner);
  const days = daysOf(query, dayOf(now()));
  if (!days) {
    const message = `to: it must be "from" or later, and at most ${MOST_DAYS} days together.`;
    throw invalid([{ field: 'to', message }]);
  }
  const read = days.map(async (day) => ({ day, spends: await readSpend(owner, day) }));
  return jsonAnswer(200, spendReport(owner, await Promise.all(read)));
});
