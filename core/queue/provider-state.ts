import * as z from 'zod';
import { FailureCode } from '../kernel/contract.ts';
import { VirtualTimes } from './fair-queue.ts';

const Time = z.iso.datetime();

/** Why nothing is ordered from a provider just now, and who tries next whether that is over. */
export const Breaker = z.object({
  code: FailureCode,
  /** What the provider said, without secrets. */
  message: z.string(),
  since: Time,
  /** How often it was refused: at first, and by each probe. */
  refusals: z.int().positive(),
  /** When the next job may try. */
  retryAt: Time,
  /** The one job that tries. */
  probe: z.object({ jobId: z.string(), since: Time }).exactOptional(),
});
export type Breaker = z.infer<typeof Breaker>;

/** What holds for all orders of a provider. Every write says which one it follows. */
export const ProviderState = z.object({
  revision: z.int().nonnegative(),
  /** How far its queue was served. */
  virtualTimes: VirtualTimes.default({}),
  /** When the next order may leave, where the pace is limited. */
  nextSubmitAt: Time.exactOptional(),
  /** The provider asked for a pause (429). */
  pausedUntil: Time.exactOptional(),
  /** Seconds between orders that its refusals taught, and when; forgotten by halves. */
  learned: z.object({ seconds: z.number(), at: Time }).exactOptional(),
  breaker: Breaker.exactOptional(),
  /** A person stopped the orders. */
  pause: z.object({ by: z.string(), at: Time, reason: z.string().exactOptional() }).exactOptional(),
});
export type ProviderState = z.infer<typeof ProviderState>;

export const newProviderState: ProviderState = { revision: 0, virtualTimes: {} };
