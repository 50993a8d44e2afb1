import * as z from 'zod';
import { plusSeconds } from '../kernel/time.ts';
import type { JobState } from './job.ts';

/**
 * One attempt to submit a job: the intent before the POST, the answer after it. Only this ledger decides whether a POST may
 * be made, so SubmitJob may run again at any time.
 */
export const SubmitAttempt = z.object({
  attempt: z.int().positive(),
  requestHash: z.string(),
  startedAt: z.string(),
  leaseUntil: z.string(),
  answeredAt: z.string().exactOptional(),
  /** `refused`: certainly not charged. `unknown`: possibly charged. */
  outcome: z.enum(['accepted', 'refused', 'unknown']).exactOptional(),
  task: z.object({ id: z.string(), resultUrl: z.string().exactOptional() }).exactOptional(),
  reason: z.string().exactOptional(),
});
export type SubmitAttempt = z.infer<typeof SubmitAttempt>;

// HTTP time-out 60 s < Lambda 90 s < state 100 s < lease 120 s < Retry 150 s: inside the lease the POST may still be under way.
const LEASE_SECONDS = 120;

export const newAttempt = (attempt: number, requestHash: string, now: string): SubmitAttempt => ({
  attempt,
  requestHash,
  startedAt: now,
  leaseUntil: plusSeconds(now, LEASE_SECONDS),
});

export type SubmitDecision =
  | { readonly do: 'post' }
  /** Cancelled meanwhile, and nothing was submitted. */
  | { readonly do: 'cancel' }
  /** Submitted already, or ended: go on to CheckJob. */
  | { readonly do: 'skip' }
  /** Another invocation may be waiting for the answer. */
  | { readonly do: 'look-again' }
  | { readonly do: 'record-task'; readonly task: NonNullable<SubmitAttempt['task']> }
  | { readonly do: 'record-unknown'; readonly reason: string };

/** What SubmitJob may do, from the job and its last attempt. */
export const decideSubmit = (
  state: JobState,
  last: SubmitAttempt | undefined,
  now: string,
): SubmitDecision => {
  if (state.status !== 'accepted' && state.status !== 'queued' && state.status !== 'submitting')
    return { do: 'skip' };
  // After a person's confirmation one more attempt may follow: it has another number.
  const mayPost = !last || last.outcome === 'refused' || state.confirmedAttempt === last.attempt;
  if (mayPost) return { do: state.cancelRequest ? 'cancel' : 'post' };
  if (last.task) return { do: 'record-task', task: last.task };
  if (last.answeredAt === undefined && now < last.leaseUntil) return { do: 'look-again' };
  return { do: 'record-unknown', reason: last.reason ?? 'SUBMIT_UNANSWERED' };
};
