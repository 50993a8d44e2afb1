import * as z from 'zod';
import type { Failure, JobState, Reservation } from '../jobs/job.ts';
import { inDollars, toMicros } from '../kernel/money.ts';
import type { Budgets } from './settings.ts';

// What jobs reserve of their owner's budget, as plain values. The table's one number per owner and day (`committedMicros`) is
// the sum of the reservations: every write of a job moves it by the difference, in the same transaction.

/** The day in UTC that a time belongs to: `2026-11-21`. */
export const dayOf = (time: string): string => time.slice(0, 10);

const dayAfter = (day: string): string =>
  dayOf(new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString());

/** The item `OWNER#owner` / `LIMITS`: overrides the stage's settings for this owner. In dollars, as people type it. */
export const OwnerLimits = z.object({ dailyDollars: z.number().nonnegative().exactOptional() });
export type OwnerLimits = z.infer<typeof OwnerLimits>;

/** An owner's limit for one UTC day, in micro-dollars; nothing without a limit. */
export const limitOf = (owner: string, budgets: Budgets, item?: OwnerLimits): number | undefined => {
  const dollars = item?.dailyDollars ?? budgets.owners[owner]?.dailyDollars ?? budgets.dailyDollars;
  return dollars === undefined ? undefined : toMicros(dollars);
};

/** By how much a job's reservation of one day grows; negative where it shrinks. */
export interface BudgetMove {
  readonly day: string;
  readonly micros: number;
}

/** By how much the owner's budget moves when the job changes from one state to the other. */
export const budgetMoves = (before: JobState, after: JobState): readonly BudgetMove[] => {
  const moves = new Map<string, number>();
  const add = ({ day, micros }: Reservation, sign: 1 | -1) =>
    moves.set(day, (moves.get(day) ?? 0) + sign * micros);
  for (const reservation of reservationsOf(before)) add(reservation, -1);
  for (const reservation of reservationsOf(after)) add(reservation, 1);
  return [...moves].filter(([, micros]) => micros !== 0).map(([day, micros]) => ({ day, micros }));
};

const reservationsOf = ({ reserved, reservedBefore = [] }: JobState): readonly Reservation[] =>
  reserved ? [...reservedBefore, reserved] : reservedBefore;

export type ReservationDecision =
  /** Reserved already. */
  | { readonly do: 'nothing' }
  | { readonly do: 'reserve'; readonly reserved: Reservation }
  | { readonly do: 'refuse'; readonly failure: Failure };

/** What the job must reserve of this day's budget before its submit. Only the table's condition knows whether there is room. */
export const decideReservation = (
  state: JobState,
  limitMicros: number,
  budgets: Budgets,
  { videoCount = 1, now }: { readonly videoCount?: number | undefined; readonly now: string },
): ReservationDecision => {
  // 0 is a refund.
  if (state.reserved && state.reserved.micros > 0) return { do: 'nothing' };
  const assumed = budgets.assumedPriceDollars;
  const micros = state.priceMicros ?? (assumed === undefined ? undefined : toMicros(assumed) * videoCount);
  if (micros === undefined)
    return {
      do: 'refuse',
      failure: {
        code: 'BUDGET_EXCEEDED',
        message: `${state.model} of provider ${state.provider} has no list price, so it cannot count against the budget of ${state.owner}.`,
        advice: 'Choose a model with a price, or set budgets.assumedPriceDollars for this stage.',
        charged: 'no',
      },
    };
  if (micros > limitMicros)
    return {
      do: 'refuse',
      failure: {
        code: 'BUDGET_EXCEEDED',
        message: `This video costs ${inDollars(micros)}. The whole budget of ${state.owner} is ${inDollars(limitMicros)} a day (UTC), so the video never fits.`,
        advice: 'Request a shorter or smaller video or a cheaper model, or have the limit raised.',
        charged: 'no',
      },
    };
  return { do: 'reserve', reserved: { day: dayOf(now), micros } };
};

/** The failure of a job for which the day's budget has no room. */
export const budgetSpent = (owner: string, { day, micros }: Reservation, limitMicros: number): Failure => ({
  code: 'BUDGET_EXCEEDED',
  message: `This video costs ${inDollars(micros)}. Less than that is left of the ${inDollars(limitMicros)} that ${owner} may spend on ${day} (UTC). It fits from ${dayAfter(day)}, 00:00 UTC, on.`,
  advice: 'Redrive the job then, or have the limit raised and redrive it now.',
  charged: 'no',
});

/** The same decision without a job, for a dry run; `committedMicros` is what the table says is reserved of the day. */
export const previewBudget = (
  state: JobState,
  {
    limitMicros,
    committedMicros,
    budgets,
    ...rest
  }: {
    readonly limitMicros: number;
    readonly committedMicros: number;
    readonly budgets: Budgets;
    readonly videoCount: number | undefined;
    readonly now: string;
  },
): {
  readonly view: { readonly day: string; readonly limitMicros: number; readonly leftMicros: number };
  readonly failure?: Failure;
} => {
  const view = { day: dayOf(rest.now), limitMicros, leftMicros: Math.max(0, limitMicros - committedMicros) };
  const decision = decideReservation(state, limitMicros, budgets, rest);
  if (decision.do === 'refuse') return { view, failure: decision.failure };
  return decision.do === 'reserve' && decision.reserved.micros > view.leftMicros
    ? { view, failure: budgetSpent(state.owner, decision.reserved, limitMicros) }
    : { view };
};
