import * as z from 'zod';
import { plusSeconds } from '../kernel/time.ts';
import { type Drop, dropsOf, type ListedVersion } from './missed-drops.ts';

// How sweep-inbox goes through the inbox, and which missed drops it takes up by itself. A person takes up older ones with
// `startframe import`. To both, any item at the job's STATE means that the drop has its job: a deleted job's tombstone too.

const Time = z.iso.datetime();

/** Times of writing: after `from` and until `to`. */
export interface DropWindow {
  readonly from: string;
  readonly to: string;
}

/** The drops among listed versions that were written in the window. */
export const dropsWithin = (
  bucket: string,
  versions: readonly ListedVersion[],
  { from, to }: DropWindow,
): readonly Drop[] =>
  dropsOf(bucket, versions).filter(({ writtenAt }) => {
    const at = writtenAt.toISOString();
    return at > from && at <= to;
  });

/** How far the inbox is swept. A round reads the whole list of versions, in as many sweeps as it takes. */
export const InboxSweep = z.object({
  revision: z.int().nonnegative(),
  /** Nothing that was written before is taken up. */
  since: Time,
  /** Every drop until then has a job. */
  checkedUntil: Time,
  roundStartedAt: Time,
  /** Where the list goes on; nothing at the start of a round. */
  cursor: z.object({ key: z.string(), versionId: z.string() }).exactOptional(),
  /** A drop of this round could not be taken up: the next round checks it again. */
  hasFailed: z.literal(true).exactOptional(),
});
export type InboxSweep = z.infer<typeof InboxSweep>;
export type ListCursor = NonNullable<InboxSweep['cursor']>;

const HOUR = 3600;
/** A stage takes less to deploy, and its first drops count. */
const DEPLOY_SECONDS = HOUR;
/** Events usually come within seconds; accept-upload may be behind. */
const EVENT_SECONDS = 600;
/** An older drop is taken up only when a person confirms it. */
const LONGEST_SECONDS = 48 * HOUR;
/** S3 dates an object of several parts when its upload began. */
const UPLOAD_SECONDS = HOUR;

/** The first sweep of a stage. The inbox has no date of its own that a function may read, so the first sweep keeps one. */
export const firstInboxSweep = (now: string): InboxSweep => {
  const since = plusSeconds(now, -DEPLOY_SECONDS);
  return { revision: 0, since, checkedUntil: since, roundStartedAt: now };
};

const latest = (...times: readonly string[]): string => [...times].sort().at(-1) ?? '';

/** The drops to check. */
export const windowOf = ({ since, checkedUntil }: InboxSweep, now: string): DropWindow => ({
  from: latest(since, plusSeconds(now, -LONGEST_SECONDS), plusSeconds(checkedUntil, -UPLOAD_SECONDS)),
  to: plusSeconds(now, -EVENT_SECONDS),
});

/** The sweep after a page was checked. `next` is missing after the last page: the next one begins a round. */
export const afterPage = (
  { cursor: _, hasFailed, ...sweep }: InboxSweep,
  page: { readonly next: ListCursor | undefined; readonly hasFailed: boolean },
  now: string,
): InboxSweep => {
  const isIncomplete = page.hasFailed || hasFailed === true;
  if (page.next) return { ...sweep, cursor: page.next, ...(isIncomplete ? { hasFailed: true } : {}) };
  const checkedUntil = isIncomplete ? sweep.checkedUntil : plusSeconds(sweep.roundStartedAt, -EVENT_SECONDS);
  return { ...sweep, checkedUntil, roundStartedAt: now };
};
