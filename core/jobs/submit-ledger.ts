import * as z from 'zod';
import { plusSeconds } from '../kernel/time.ts';
import type { JobState } from './job.ts';

/**
 * One attempt to order a video: the intent before the POST, the answer after it. Only this ledger decides whether a POST may
 * be made, so entering SubmitJob again is always safe.
 */
export const SubmitAttempt = z.object({
  attempt: z.int().positive(),
  requestHash: z.string(),
  startedAt: z.string(),
  leaseUntil: z.string(),
  answeredAt: z.string().exactOptional(),
  /** `refused`: for certain, nothing was ordered. `unknown`: it may have been. */
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
  /** Somebody cancelled meanwhile, and nothing is ordered. */
  | { readonly do: 'cancel' }
  /** Ordered already, or over: go on to CheckJob. */
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
  // An attempt that a person confirmed may be followed by another, once: the next one has another number.
  const mayPost = !last || last.outcome === 'refused' || state.confirmedAttempt === last.attempt;
  if (mayPost) return { do: state.cancelRequest ? 'cancel' : 'post' };
  if (last.task) return { do: 'record-task', task: last.task };
  if (last.answeredAt === undefined && now < last.leaseUntil) return { do: 'look-again' };
  return { do: 'record-unknown', reason: last.reason ?? 'SUBMIT_UNANSWERED' };
};
