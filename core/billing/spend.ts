import * as z from 'zod';
import type { JobState } from '../jobs/job.ts';
import { dayOf } from './budget.ts';

// What was spent, by owner, day and model: the sum over ended jobs. As with budgets, every write of a job moves the sums by the
// difference, in the same transaction; so a job that is redriven and ends again counts once.

const Count = z.int().default(0);

/** The sums. Items written before jobs were counted have no counts. */
export const Amounts = z.object({
  succeeded: Count,
  failed: Count,
  cancelled: Count,
  videos: z.number(),
  seconds: z.number(),
  /** The list price of the videos that came, and of charges without a video. */
  micros: z.number(),
  /** What may have been charged besides: unanswered submits. */
  atStakeMicros: z.number(),
});
export type Amounts = z.infer<typeof Amounts>;
export type AmountName = keyof Amounts;

/** The partition of an owner and UTC day; one item a model: `STATS#owner#day` / model. */
export const Spend = z.object({ model: z.string(), ...Amounts.shape });
export type Spend = z.infer<typeof Spend>;

/** The model of jobs that were refused before their model was known. */
const NO_MODEL = 'none';

/** One item moves by this much; negative when a job that had ended goes on. */
export interface SpendMove extends Spend {
  readonly day: string;
}

/** What an ended job cost, on the day of its reservation, else of its submit. Open jobs cost nothing yet. */
const spendOf = (state: JobState): SpendMove | undefined => {
  const { model = NO_MODEL, reserved, submittedAt, createdAt } = state;
  const status = Ending.safeParse(state.status).data;
  if (!status) return undefined;
  const amounts = { ...NOTHING, [status]: 1, ...(status === 'succeeded' ? ofVideo(state) : ofEnding(state)) };
  const atStakeMicros = amounts.atStakeMicros + (state.atStakeMicros ?? 0);
  return { ...amounts, atStakeMicros, day: reserved?.day ?? dayOf(submittedAt ?? createdAt), model };
};

const Ending = z.enum(['succeeded', 'failed', 'cancelled']);

type Money = Pick<Amounts, 'videos' | 'seconds' | 'micros' | 'atStakeMicros'>;

const ofVideo = ({ video, videoCount = 1, costMicros, reserved }: JobState): Money => ({
  videos: videoCount,
  seconds: Math.round((video?.durationSeconds ?? 0) * videoCount * 100) / 100,
  micros: costMicros ?? reserved?.micros ?? 0,
  atStakeMicros: 0,
});

const ofEnding = ({ failure, lastSubmitWasFree, priceMicros, reserved }: JobState): Money => {
  const micros = priceMicros ?? reserved?.micros ?? 0;
  return {
    videos: 0,
    seconds: 0,
    micros: failure?.charged === 'yes' ? micros : 0,
    // The job itself says what earlier submits may have cost.
    atStakeMicros: failure?.charged === 'unknown' && !lastSubmitWasFree ? micros : 0,
  };
};

/** How the sums move when a job changes from the one state to the other. */
export const spendMoves = (before: JobState, after: JobState): readonly SpendMove[] => {
  const [was, is] = [spendOf(before), spendOf(after)];
  if (was && is && was.day === is.day && was.model === is.model)
    return [{ ...plus(is, was, -1), day: is.day, model: is.model }].filter(isMoved);
  return [...(was ? [plus({ ...was, ...NOTHING }, was, -1)] : []), ...(is ? [is] : [])].filter(isMoved);
};

const NOTHING: Amounts = Amounts.parse({ videos: 0, seconds: 0, micros: 0, atStakeMicros: 0 });

/** The names of the sums. */
export const amountNames: readonly AmountName[] = Amounts.keyof().options;

const sumOf = (one: Amounts, other: Amounts, sign: 1 | -1 = 1): Amounts => ({
  succeeded: one.succeeded + sign * other.succeeded,
  failed: one.failed + sign * other.failed,
  cancelled: one.cancelled + sign * other.cancelled,
  videos: one.videos + sign * other.videos,
  seconds: one.seconds + sign * other.seconds,
  micros: one.micros + sign * other.micros,
  atStakeMicros: one.atStakeMicros + sign * other.atStakeMicros,
});

const plus = (one: SpendMove, other: Amounts, sign: 1 | -1): SpendMove => ({
  ...one,
  ...sumOf(one, other, sign),
});

const isMoved = (move: SpendMove): boolean => amountNames.some((name) => move[name] !== 0);

/** The total of several items. */
export const total = (spends: readonly Amounts[]): Amounts =>
  spends.reduce<Amounts>((sum, spend) => sumOf(sum, spend), NOTHING);
