import { sweepInbox } from './shared/jobs/sweep-inbox.ts';

/** Some drops could not be taken up. The next sweep tries again. */
class InboxSweepIncomplete extends Error {
  override readonly name = 'InboxSweepIncomplete';
}

/**
 * Takes up drops of which S3's event never came: EventBridge on a new bucket works after some minutes, and an event may be lost. Every five
 * minutes it reads some pages of the inbox's list; when nothing is missing that is one page, a read and a write.
 */
export const handler = async (): Promise<void> => {
  const failures = await sweepInbox();
  if (failures > 0)
    throw new InboxSweepIncomplete(`${failures} drops could not be taken up; the log says which.`);
};
