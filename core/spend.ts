import * as z from 'zod';
import { dayOf } from './budget.ts';
import { isEnded, type JobState } from './job.ts';

// What was spent, by owner, day and model: the sum of what ended jobs say of themselves. As with budgets, every write of a job
// moves the sums by the difference, in the same transaction; so a job that is redriven and ends again counts once.

/** Of one owner, UTC day and model: an item `STATS#owner#day` / model. */
export const Spend = z.object({
  model: z.string(),
  videos: z.number(),
  seconds: z.number(),
  /** What the videos that came cost by list price; also what was charged without one. */
  micros: z.number(),
  /** What may have been charged besides: orders of which nobody knows. */
  atStakeMicros: z.number(),
});
export type Spend = z.infer<typeof Spend>;

export const spendPartition = (owner: string, day: string): string => `STATS#${owner}#${day}`;

/** One item moves by this much; negative when a job that had ended goes on. */
export interface SpendMove extends Spend {
  readonly day: string;
}

/** What an ended job cost, on the day it was reserved for, else ordered. Open jobs have cost nothing yet. */
const spendOf = (state: JobState): SpendMove | undefined => {
  const { model, reserved, submittedAt, createdAt } = state;
  if (!isEnded(state) || model === undefined) return undefined;
  const amounts = state.status === 'succeeded' ? ofVideo(state) : ofEnding(state);
  const spend = { ...amounts, atStakeMicros: amounts.atStakeMicros + (state.atStakeMicros ?? 0) };
  const isNothing = Object.values(spend).every((amount) => amount === 0);
  return isNothing ? undefined : { day: reserved?.day ?? dayOf(submittedAt ?? createdAt), model, ...spend };
};

type Amounts = Omit<Spend, 'model'>;

const ofVideo = ({ video, videoCount = 1, costMicros, reserved }: JobState): Amounts => ({
  videos: videoCount,
  seconds: Math.round((video?.durationSeconds ?? 0) * videoCount * 100) / 100,
  micros: costMicros ?? reserved?.micros ?? 0,
  atStakeMicros: 0,
});

const ofEnding = ({ failure, orderWasFree, priceMicros, reserved }: JobState): Amounts => {
  const micros = priceMicros ?? reserved?.micros ?? 0;
  return {
    videos: 0,
    seconds: 0,
    micros: failure?.charged === 'yes' ? micros : 0,
    // What earlier orders may have cost stands in the job by itself.
    atStakeMicros: failure?.charged === 'unknown' && !orderWasFree ? micros : 0,
  };
};

/** How the sums move when a job changes from the one state to the other. */
export const spendMoves = (before: JobState, after: JobState): readonly SpendMove[] => {
  const [was, is] = [spendOf(before), spendOf(after)];
  if (was && is && was.day === is.day && was.model === is.model)
    return [{ ...plus(is, was, -1), day: is.day, model: is.model }].filter(isMoved);
  return [...(was ? [plus({ ...was, ...NOTHING }, was, -1)] : []), ...(is ? [is] : [])].filter(isMoved);
};

const NOTHING: Amounts = { videos: 0, seconds: 0, micros: 0, atStakeMicros: 0 };

const plus = (one: SpendMove, other: Amounts, sign: 1 | -1): SpendMove => ({
  ...one,
  videos: one.videos + sign * other.videos,
  seconds: one.seconds + sign * other.seconds,
  micros: one.micros + sign * other.micros,
  atStakeMicros: one.atStakeMicros + sign * other.atStakeMicros,
});

const isMoved = ({ videos, seconds, micros, atStakeMicros }: SpendMove): boolean =>
  [videos, seconds, micros, atStakeMicros].some((amount) => amount !== 0);

/** Everything together. */
export const total = (spends: readonly Spend[]): Amounts =>
  spends.reduce<Amounts>(
    (sum, { videos, seconds, micros, atStakeMicros }) => ({
      videos: sum.videos + videos,
      seconds: sum.seconds + seconds,
      micros: sum.micros + micros,
      atStakeMicros: sum.atStakeMicros + atStakeMicros,
    }),
    NOTHING,
  );
