import * as z from 'zod';
import { OwnerName } from '../kernel/identity.ts';

const Dollars = z.number().nonnegative();

/**
 * What an owner's videos may cost in one UTC day, by list price. Without this setting no budget is read or written. With it, even
 * when it is empty, the table's item `OWNER#owner` / `LIMITS` overrides what stands here.
 */
export const Budgets = z.strictObject({
  /** Default daily limit per owner. */
  dailyDollars: Dollars.optional(),
  /** By owner: `drop`, `111122223333:role/Shop`, `jwt:ann`, `key:shop`. */
  owners: z.record(OwnerName, z.strictObject({ dailyDollars: Dollars })).default({}),
  /** The price of a video without a list price. Without this setting owners with a limit cannot have such a video. */
  assumedPriceDollars: z.number().positive().optional(),
});
export type Budgets = z.infer<typeof Budgets>;
