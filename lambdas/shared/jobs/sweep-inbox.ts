import { afterPage, dropsWithin, windowOf } from '../../../core/jobs/inbox-sweep.ts';
import type { Drop } from '../../../core/jobs/missed-drops.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { now } from '../platform/clock.ts';
import { environment } from '../platform/environment.ts';
import { loggable, logger } from '../platform/logger.ts';
import { listVersions } from '../storage/inbox-versions.ts';
import { knownJobs, loadInboxSweep, saveInboxSweep } from '../table/inbox-sweep.ts';
import { acceptDrop } from './accept-upload.ts';

// A page of 1,000 versions costs 5 µ$. Five pages each five minutes read 2.8 million versions in 48 hours.
const MOST_PAGES = 5;
// More drops than these are left to the next sweep: accept-upload may only be behind.
const MOST_DROPS = 200;
const AT_ONCE = 10;

/** Makes the jobs of drops of which S3's event never came. Answers how many drops it could not take up. */
export const sweepInbox = async (): Promise<number> => {
  const bucket = environment(Env.inboxBucket);
  let sweep = await loadInboxSweep();
  let failures = 0;
  let room = MOST_DROPS;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await listVersions(bucket, sweep.cursor);
    const missed = await withoutJob(dropsWithin(bucket, page.versions, windowOf(sweep, now())));
    const failed = await takeUp(bucket, missed.slice(0, room));
    failures += failed;
    room -= missed.length;
    // The page is read again: what was taken up has a job by then.
    if (room < 0) break;
    sweep = afterPage(sweep, { next: page.next, hasFailed: failed > 0 }, now());
    if (!page.next) break;
  }
  await saveInboxSweep(sweep);
  return failures;
};

const withoutJob = async (drops: readonly Drop[]): Promise<readonly Drop[]> => {
  const known = await knownJobs(drops.map(({ jobId }) => jobId));
  return drops.filter(({ jobId }) => !known.has(jobId));
};

/** Does what the event would have done. An event that comes late finds the job. */
const takeUp = async (bucket: string, drops: readonly Drop[]): Promise<number> => {
  let failures = 0;
  for (let first = 0; first < drops.length; first += AT_ONCE) {
    const some = drops.slice(first, first + AT_ONCE);
    const results = await Promise.allSettled(
      some.map(({ key, versionId }) => acceptDrop({ bucket, key, versionId, etag: '', sequencer: '' })),
    );
    for (const [index, result] of results.entries()) {
      const { jobId, key } = some[index] ?? {};
      if (result.status === 'fulfilled') logger.warn('the event of a drop never came', { jobId, key });
      else {
        failures += 1;
        logger.error('a missed drop could not be taken up', { jobId, key, error: loggable(result.reason) });
      }
    }
  }
  return failures;
};
