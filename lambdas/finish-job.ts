import { giveUp } from '../core/jobs/ending.ts';
import { stepHandler } from './shared/jobs/step-handler.ts';
import { loadAttempt } from './shared/table/attempt-items.ts';
import { saveJob } from './shared/table/job-store.ts';

/** The last step where another step could not do its work. It never fails a job that may have been paid for. */
export const handler = stepHandler(async (job, { now }) => {
  const attempt = await loadAttempt(job);
  await saveJob(job, giveUp(job.state, attempt && { answered: attempt.answeredAt !== undefined }, now()));
  return { next: 'end' };
});
