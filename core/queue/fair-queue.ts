import * as z from 'zod';
import { joinKey, partsOfKey, sortableNumber } from '../kernel/table-keys.ts';
import { DEFAULT_PRIORITY, Priority } from '../request/priority.ts';

// Start-time fair queueing: a queue of many owners, served in the order of tags. An owner's first job is tagged just behind what is
// served now, each further one 1 later. So an owner's kth job waits for at most k + 1 of every other owner's, however many those
// have waiting, and one owner's jobs keep their order. (What comes back after a refusal keeps its place, and goes before.)
//
// Whatever is more urgent goes first, always. Each priority has a clock and tags of its own, as if it were a queue by itself: what an
// owner has in one neither puts it before anybody in another nor holds it up there.

/** How places begin. With room between them: places in a table outlive the words. */
const RANKS: Readonly<Record<Priority, string>> = { high: '2', normal: '5', low: '8' };

/** The tag that was served last, by priority: where an owner begins who has not waited yet. */
export const VirtualTimes = z.partialRecord(Priority, z.number());
export type VirtualTimes = z.infer<typeof VirtualTimes>;

export const virtualTimeOf = (virtualTimes: VirtualTimes, priority: Priority): number =>
  virtualTimes[priority] ?? 0;

// Ten digits: 10^10 jobs of one provider.
const TAG_DIGITS = 10;

/** The tag of an owner's next job of a priority. */
export const nextStartTag = (clock: number, lastTag: number | undefined): number =>
  Math.max(clock, lastTag ?? 0) + 1;

/** A job's place in the queue: the sort key of its item. Kept when it has to come back. */
export const queueKeyOf = (priority: Priority, tag: number, jobId: string): string =>
  joinKey(RANKS[priority], sortableNumber(tag, TAG_DIGITS), jobId);

/** The priority of a place. */
export const priorityOfKey = (queueKey: string): Priority =>
  Priority.options.find((priority) => RANKS[priority] === partsOfKey(queueKey)[0]) ?? DEFAULT_PRIORITY;

/** The tag in a place. */
export const startTagOf = (queueKey: string): number => Number(partsOfKey(queueKey)[1]);

/** The clocks after this place was served. A job that came back with an old place does not turn its clock back. */
export const virtualTimesAfter = (virtualTimes: VirtualTimes, queueKey: string): VirtualTimes => {
  const priority = priorityOfKey(queueKey);
  return {
    ...virtualTimes,
    [priority]: Math.max(virtualTimeOf(virtualTimes, priority), startTagOf(queueKey)),
  };
};
