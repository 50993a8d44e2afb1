import * as z from 'zod';
import type { ParameterSettings } from '../request/settings.ts';

/** How much a provider may be given at once. */
export const QueueLimits = z.strictObject({
  /** The most videos in flight; further jobs wait in a queue that is fair to owners. No limit by default. */
  maxInFlight: z.int().positive().max(1000).optional(),
  /** The most submits in any 60 seconds. No limit by default. */
  submitsPerMinute: z.int().positive().max(6000).optional(),
});
export type QueueLimits = z.infer<typeof QueueLimits>;

/** Where a job goes when its own provider cannot take it, as long as nothing was submitted. */
export const Failover = z.strictObject({
  /** Tried in this order; a model that does not make the very same video is skipped. */
  alternatives: z.array(z.strictObject({ provider: z.string(), model: z.string() })).min(1),
  /** Also to a model that costs more, or that has no list price. Never where a budget is reserved. */
  allowDearer: z.boolean().default(false),
});
export type Failover = z.infer<typeof Failover>;

/** The settings of a stage by which a job may move to another provider. */
export interface FailoverSettings extends ParameterSettings {
  readonly failover?: Failover | undefined;
}
