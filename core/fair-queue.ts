// Start-time fair queueing: a queue of many owners, served in the order of tags. An owner's first job is tagged just behind what is
// served now, each further one 1 later. So an owner's kth job waits for at most k + 1 of every other owner's, however many those
// have waiting, and one owner's jobs keep their order. (What comes back after a refusal keeps its place, and goes before.)

/** All jobs have the same one; the sort order begins with it, so that a priority needs no other keys. */
const PRIORITY = 5;

// Ten digits: 10^10 jobs of one provider.
const TAG_DIGITS = 10;

/** The tag of an owner's next job. */
export const nextTag = (clock: number, lastTag: number | undefined): number =>
  Math.max(clock, lastTag ?? 0) + 1;

/** A job's place in the queue: the sort key of its item. Kept when it has to come back. */
export const placeOf = (tag: number, jobId: string): string =>
  `${PRIORITY}#${String(tag).padStart(TAG_DIGITS, '0')}#${jobId}`;

/** The tag in a place. */
export const tagOf = (place: string): number => Number(place.split('#')[1]);

/** The clock after this place was served. A job that came back with an old place does not turn it back. */
export const clockAfter = (clock: number, place: string): number => Math.max(clock, tagOf(place));
