import * as z from 'zod';
import { joinKey, partsOfKey, sortableNumber } from '../kernel/table-keys.ts';
import { DEFAULT_PRIORITY, Priority } from '../request/priority.ts';

// Start-time fair queueing: a queue of many owners, served by start tag. The start tag of an owner's first job is 1 after the
// virtual time, that of each further job 1 later. So an owner's kth job waits for at most k + 1 of every other owner's, however many
// of those wait, and one owner's jobs keep their order. (A job that comes back after a refusal keeps its key, and goes before.)
//
// A higher priority always goes first. Each priority has a virtual time and start tags of its own, as if it were a queue by itself: jobs
// of one priority change nothing for the same owner's jobs of another.

/** How queue keys begin. With room between them, because keys in the table outlive these ranks. */
const RANKS: Readonly<Record<Priority, string>> = { high: '2', normal: '5', low: '8' };

/** The start tag that was served last, by priority: an owner without waiting jobs begins there. */
export const VirtualTimes = z.partialRecord(Priority, z.number());
export type VirtualTimes = z.infer<typeof VirtualTimes>;

export const virtualTimeOf = (virtualTimes: VirtualTimes, priority: Priority): number =>
  virtualTimes[priority] ?? 0;

// Ten digits: 10^10 jobs of one provider.
const TAG_DIGITS = 10;

/** The start tag of an owner's next job of a priority. */
export const nextStartTag = (virtualTime: number, lastTag: number | undefined): number =>
  Math.max(virtualTime, lastTag ?? 0) + 1;

/** The queue key of a job: the sort key of its item. The job keeps it when it comes back. */
export const queueKeyOf = (priority: Priority, tag: number, jobId: string): string =>
  joinKey(RANKS[priority], sortableNumber(tag, TAG_DIGITS), jobId);

/** The priority in a queue key. */
export const priorityOfKey = (queueKey: string): Priority =>
  Priority.options.find((priority) => RANKS[priority] === partsOfKey(queueKey)[0]) ?? DEFAULT_PRIORITY;

/** The start tag in a queue key. */
export const startTagOf = (queueKey: string): number => Number(partsOfKey(queueKey)[1]);

/** The virtual times after this key was served. A job that came back with an old key does not turn its virtual time back. */
export const virtualTimesAfter = (virtualTimes: VirtualTimes, queueKey: string): VirtualTimes => {
  const priority = priorityOfKey(queueKey);
  return {
    ...virtualTimes,
    [priority]: Math.max(virtualTimeOf(virtualTimes, priority), startTagOf(queueKey)),
  };
};
