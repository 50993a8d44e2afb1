import * as z from 'zod';
import { FailureCode } from '../kernel/contract.ts';
import { VirtualTimes } from './fair-queue.ts';

const Time = z.iso.datetime();

/** An open circuit: why nothing is submitted to a provider now, and which job is the next probe. */
export const Breaker = z.object({
  code: FailureCode,
  /** What the provider said, without secrets. */
  message: z.string(),
  since: Time,
  /** How often the provider refused: at first, and each probe. */
  refusals: z.int().positive(),
  /** When the next probe may be submitted. */
  retryAt: Time,
  /** The half-open probe. */
  probe: z.object({ jobId: z.string(), since: Time }).exactOptional(),
});
export type Breaker = z.infer<typeof Breaker>;

/** What holds for all submits to a provider. Every write names the revision that it follows. */
export const ProviderState = z.object({
  revision: z.int().nonnegative(),
  /** How far its queue was served, by priority. */
  virtualTimes: VirtualTimes.default({}),
  /** The next free send slot, if the rate is limited. */
  nextSubmitAt: Time.exactOptional(),
  /** Until when the provider asked for a pause (429). */
  pausedUntil: Time.exactOptional(),
  /** Seconds between submits, learned from refusals, and when; halved as time passes. */
  learned: z.object({ seconds: z.number(), at: Time }).exactOptional(),
  breaker: Breaker.exactOptional(),
  /** A person paused the submits. */
  pause: z.object({ by: z.string(), at: Time, reason: z.string().exactOptional() }).exactOptional(),
});
export type ProviderState = z.infer<typeof ProviderState>;

export const newProviderState: ProviderState = { revision: 0, virtualTimes: {} };
