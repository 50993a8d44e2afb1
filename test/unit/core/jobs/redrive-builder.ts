import { fail } from '../../../../core/jobs/ending.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import { type RedriveJobRequest, redriveJob } from '../../../../core/jobs/redrive.ts';
import { newAttempt, type SubmitAttempt } from '../../../../core/jobs/submit-ledger.ts';
import { recordUnknownSubmit } from '../../../../core/jobs/transitions.ts';
import { at, providerSettings, submittingState, T0 } from '../../../support/jobs.ts';

export const settings = providerSettings();
export const unanswered = newAttempt(1, 'hash', T0);
export const answered = (outcome: SubmitAttempt['outcome'] & string): SubmitAttempt => ({
  ...unanswered,
  answeredAt: at(1),
  outcome,
  ...(outcome === 'accepted' ? { task: { id: 'task1' } } : {}),
});
export const unknown = recordUnknownSubmit(submittingState(), 'SUBMIT_UNANSWERED', at(120)).state;
export const failed = (state: JobState, charged: 'yes' | 'no' | 'unknown') =>
  fail(state, { code: 'PROVIDER_FAILED', message: 'm', advice: 'a', charged }, at(200)).state;

export const redrive = (
  state: JobState,
  attempt?: SubmitAttempt,
  wish: Omit<RedriveJobRequest, 'by'> = {},
  now = at(300),
) => redriveJob(state, attempt, { by: 'anna', ...wish }, now);
