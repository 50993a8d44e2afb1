import * as z from 'zod';

const Dollars = z.number().nonnegative();

/**
 * What an owner's videos may cost in one UTC day, by list price. Without this setting no budget is read or written. With it, even
 * when it is empty, the table's item `OWNER#owner` / `LIMITS` overrides what stands here.
 */
export const Budgets = z.strictObject({
  /** Default daily limit per owner. */
  dailyDollars: Dollars.optional(),
  /** By owner: `drop`, or `111122223333:Shop`, account and role (or user) name. */
  owners: z.record(z.string().min(1), z.strictObject({ dailyDollars: Dollars })).default({}),
  /** The price of a video without a list price. Without this setting owners with a limit cannot have such a video. */
  assumedPriceDollars: z.number().positive().optional(),
});
export type Budgets = z.infer<typeof Budgets>;
