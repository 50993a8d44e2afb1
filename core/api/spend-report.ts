import * as z from 'zod';
import { type Amounts, type Spend, total } from '../billing/spend.ts';
import { plusSeconds } from '../kernel/time.ts';

const DAY_SECONDS = 86_400;

/** Each day is one question to the table. */
export const MOST_DAYS = 31;

export const StatsQuery = z.strictObject({
  from: z.iso.date().optional().describe('The first day (UTC); a week before the last where left out.'),
  to: z.iso
    .date()
    .optional()
    .describe(`The last day (UTC), included; today where left out. At most ${MOST_DAYS} days together.`),
  owner: z.string().min(1).max(600).optional().describe('Whose jobs, for admins; else your own.'),
});

const count = z.int().nonnegative();
const sums = {
  jobs: count.describe('All that ended.'),
  succeeded: count,
  failed: count,
  cancelled: count,
  videos: count,
  seconds: z.number(),
  costMicros: z
    .number()
    .describe('List price, in micro-dollars, of the videos and of what was charged without one.'),
  atStakeMicros: z.number().describe('What may have been charged besides: unanswered submits.'),
};

/** The sums of one owner over some days. */
export const SpendReport = z
  .object({
    owner: z.string(),
    from: z.iso.date(),
    to: z.iso.date(),
    days: z.array(
      z
        .object({
          day: z.iso.date(),
          model: z.string().describe('`none` where a job was refused before it had one.'),
          ...sums,
        })
        .meta({ id: 'DayOfModel' }),
    ),
    total: z.object(sums).meta({ id: 'StatsTotal' }),
  })
  .meta({ id: 'Stats' });
export type SpendReport = z.infer<typeof SpendReport>;

export const spendReport = (
  owner: string,
  days: readonly { readonly day: string; readonly spends: readonly Spend[] }[],
): SpendReport => ({
  owner,
  from: days[0]?.day ?? '',
  to: days.at(-1)?.day ?? '',
  days: days.flatMap(({ day, spends }) =>
    spends.map(({ model, ...amounts }) => ({ day, model, ...sumsOf(amounts) })),
  ),
  total: sumsOf(total(days.flatMap(({ spends }) => spends))),
});

const sumsOf = ({ micros, seconds, ...amounts }: Amounts): SpendReport['total'] => ({
  ...amounts,
  jobs: amounts.succeeded + amounts.failed + amounts.cancelled,
  // Sums of hundredths, not of what floating point makes of them.
  seconds: Math.round(seconds * 100) / 100,
  costMicros: micros,
});

/** The requested days, oldest first; nothing for too many days, or a last day before the first. */
export const daysOf = (
  { from, to }: Pick<z.infer<typeof StatsQuery>, 'from' | 'to'>,
  today: string,
): readonly string[] | undefined => {
  const last = to ?? (from !== undefined && from > today ? from : today);
  const first = from ?? dayBefore(last, 6);
  const count = (Date.parse(last) - Date.parse(first)) / 1000 / DAY_SECONDS + 1;
  if (count < 1 || count > MOST_DAYS) return undefined;
  return Array.from({ length: count }, (_, index) => dayBefore(last, count - 1 - index));
};

const dayBefore = (day: string, days: number): string =>
  plusSeconds(`${day}T00:00:00.000Z`, -days * DAY_SECONDS).slice(0, 10);
