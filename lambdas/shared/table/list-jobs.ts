import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type JobIndex, jobIndexes, ListedJob } from '../../../core/jobs/list-index.ts';
import { type Page, pageOf, type SortedItem } from '../../../core/jobs/pagination.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { table } from './dynamodb.ts';

/** Partitions of an index, and the range to read of them. */
export interface JobList {
  readonly index: JobIndex;
  readonly partitions: readonly string[];
  readonly isNewestFirst: boolean;
  /** From this time until before that one. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Where the page before ended. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** A filter for what the index does not know. A page may have fewer jobs than `limit` then, and another page follows. */
  readonly isWanted?: (job: ListedJob) => boolean;
}

// With a filter a page reads so many jobs: it costs the same however few of them are wanted.
const MOST_READ = 100;

// As texts: before and after every time.
const FIRST = '0';
const LAST = '~';

/** A page costs the same however long the list is. The indexes follow the table within moments, not at once. */
export const listJobs = async (list: JobList): Promise<Page<ListedJob>> => {
  const { isNewestFirst, limit, isWanted } = list;
  const most = isWanted ? MOST_READ : limit;
  // One job more tells whether there is another page; one more is the job at which the page before ended, which is left out.
  const lists = await Promise.all(
    list.partitions.map((partition) => readPartition(list, partition, most + 2)),
  );
  return pageOf(lists, { isNewestFirst, most, limit, isWanted: isWanted ?? (() => true) });
};

const readPartition = async (
  { index, isNewestFirst, from = FIRST, to = LAST, after }: JobList,
  partition: string,
  count: number,
): Promise<SortedItem<ListedJob>[]> => {
  const { partitionKey, sortKey } = jobIndexes[index];
  const first = !isNewestFirst && after !== undefined && after > from ? after : from;
  const last = isNewestFirst && after !== undefined && after < to ? after : to;
  if (first > last) return [];
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      IndexName: index,
      KeyConditionExpression: '#partition = :partition AND #sortKey BETWEEN :first AND :last',
      ExpressionAttributeNames: { '#partition': partitionKey, '#sortKey': sortKey },
      ExpressionAttributeValues: { ':partition': partition, ':first': first, ':last': last },
      ScanIndexForward: !isNewestFirst,
      Limit: count,
    }),
  );
  return Items.map((item) => ({
    sortKey: z.string().parse(item[sortKey]),
    item: ListedJob.parse(item),
  })).filter(({ sortKey: own }) => own !== after);
};
