import type { Job } from '../../../core/jobs/job.ts';
import { SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { loadItem } from './dynamodb.ts';
import { attemptKey } from './keys.ts';
import { putNew, type Write } from './write.ts';

// The submit ledger: one item for each attempt.

/** The intent of an attempt, which does not exist yet. */
export const newAttemptWrite = (jobId: string, attempt: SubmitAttempt): Write =>
  putNew({ ...attemptKey(jobId, attempt.attempt), ...attempt });

/** What is known of an attempt by now. */
export const attemptWrite = (jobId: string, attempt: SubmitAttempt): Write => ({
  Put: {
    TableName: environment(Env.jobTable),
    Item: { ...attemptKey(jobId, attempt.attempt), ...attempt },
    ConditionExpression: 'attribute_exists(pk)',
  },
});

/** The job's last attempt. */
export const loadAttempt = async ({ state }: Job): Promise<SubmitAttempt | undefined> => {
  if (state.attempt === 0) return undefined;
  const item = await loadItem(attemptKey(state.jobId, state.attempt));
  return item && SubmitAttempt.parse(item);
};
