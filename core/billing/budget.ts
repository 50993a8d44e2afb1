import * as z from 'zod';
import type { Failure, JobState, Reservation } from '../jobs/job.ts';
import { inDollars, toMicros } from '../kernel/money.ts';
import type { Budgets } from './settings.ts';

// What a job holds of its owner's budget, as plain values. The table's one number per owner and day (`committedMicros`) is
// the sum of what its jobs hold: every write of a job moves it by the difference, in the same transaction.

/** The day in UTC that a time belongs to: `2026-11-21`. */
export const dayOf = (time: string): string => time.slice(0, 10);

const dayAfter = (day: string): string =>
  dayOf(new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString());

/** The item `OWNER#owner` / `LIMITS`: goes over what the stage says of this owner. In dollars, as people type it. */
export const OwnerLimits = z.object({ dailyDollars: z.number().nonnegative().exactOptional() });
export type OwnerLimits = z.infer<typeof OwnerLimits>;

/** An owner's limit for one UTC day, in micro-dollars; nothing where none is set. */
export const limitOf = (owner: string, budgets: Budgets, item?: OwnerLimits): number | undefined => {
  const dollars = item?.dailyDollars ?? budgets.owners[owner]?.dailyDollars ?? budgets.dailyDollars;
  return dollars === undefined ? undefined : toMicros(dollars);
};

/** How much of one day's budget a job takes more than before; less, where it is negative. */
export interface BudgetMove {
  readonly day: string;
  readonly micros: number;
}

/** What the budget of the job's owner moves by when the job changes from the one state to the other. */
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

/** What of this day's budget the job needs before it may be ordered. Whether it is there only the table's condition knows. */
export const decideReservation = (
  state: JobState,
  limitMicros: number,
  budgets: Budgets,
  { videoCount = 1, now }: { readonly videoCount?: number | undefined; readonly now: string },
): ReservationDecision => {
  // 0 is what was given back.
  if (state.reserved && state.reserved.micros > 0) return { do: 'nothing' };
  const assumed = budgets.assumedPriceDollars;
  const micros = state.priceMicros ?? (assumed === undefined ? undefined : toMicros(assumed) * videoCount);
  if (micros === undefined)
    return {
      do: 'refuse',
      failure: {
        code: 'BUDGET_EXCEEDED',
        message: `Nobody lists a price for ${state.model} of provider ${state.provider}, and ${state.owner} has a budget, which it could not be counted against.`,
        advice: 'Choose a model with a price, or set budgets.assumedPriceDollars for this stage.',
        charged: 'no',
      },
    };
  if (micros > limitMicros)
    return {
      do: 'refuse',
      failure: {
        code: 'BUDGET_EXCEEDED',
        message: `This costs ${inDollars(micros)}, and the whole budget of ${state.owner} is ${inDollars(limitMicros)} a day (UTC): it never fits.`,
        advice: 'Ask for a shorter or smaller video or a cheaper model, or have the limit raised.',
        charged: 'no',
      },
    };
  return { do: 'reserve', reserved: { day: dayOf(now), micros } };
};

/** The day's budget had no room for it. */
export const budgetSpent = (owner: string, { day, micros }: Reservation, limitMicros: number): Failure => ({
  code: 'BUDGET_EXCEEDED',
  message: `This costs ${inDollars(micros)}, and less than that is left of the ${inDollars(limitMicros)} that ${owner} may spend on ${day} (UTC). It fits from ${dayAfter(day)}, 00:00 UTC, on.`,
  advice: 'Redrive the job then, or have the limit raised and redrive it now.',
  charged: 'no',
});

/** The same question before anything is ordered, with what the table says is held of the day. */
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
