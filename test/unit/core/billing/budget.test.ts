import fc from 'fast-check';
import { budgetMoves, budgetSpent, decideReservation, limitOf } from '../../../../core/billing/budget.ts';
import { Budgets } from '../../../../core/billing/settings.ts';
import { spendMoves } from '../../../../core/billing/spend.ts';
import { cancelJob } from '../../../../core/jobs/cancel.ts';
import { fail, succeed } from '../../../../core/jobs/ending.ts';
import type { Failure, JobChange, JobState } from '../../../../core/jobs/job.ts';
import { redriveJob } from '../../../../core/jobs/redrive.ts';
import type { SubmitAttempt } from '../../../../core/jobs/submit-ledger.ts';
import {
  beginAttempt,
  queueAgain,
  recordTask,
  recordUnknownSubmit,
  startStoring,
} from '../../../../core/jobs/transitions.ts';
import { acceptedState, at, providerSettings, T0 } from '../../../support/jobs.ts';

const DAY = '2026-01-01';
const settings = providerSettings();
const budgets = (given: object = {}): Budgets => Budgets.parse(given);
const failure = (charged: Failure['charged']): Failure => ({
  code: 'PROVIDER_FAILED',
  message: 'm',
  advice: 'a',
  charged,
});
const video = { bucket: 'b', key: 'k', bytes: 1, sha256: 's', durationSeconds: 8, width: 1280, height: 720 };

describe('the limit of an owner', () => {
  it('is the table’s, else its own in the stage, else everybody’s', () => {
    const given = budgets({ dailyDollars: 10, owners: { drop: { dailyDollars: 0.1 } } });
    expect(limitOf('drop', given, { dailyDollars: 2.5 })).toBe(2_500_000);
    expect(limitOf('drop', given)).toBe(100_000);
    expect(limitOf('drop', given, {})).toBe(100_000);
    expect(limitOf('other', given)).toBe(10_000_000);
    expect(limitOf('other', budgets())).toBeUndefined();
  });
});

describe('a reservation', () => {
  const decide = (state: JobState, limit: number, given: object = {}, videoCount?: number) =>
    decideReservation(state, limit, budgets(given), { videoCount, now: at(1) });

  it('is of the price and of this day', () => {
    expect(decide(acceptedState(), 800_000)).toEqual({
      do: 'reserve',
      reserved: { day: DAY, micros: 800_000 },
    });
  });

  it('is made once', () => {
    const reserved = { day: DAY, micros: 800_000 };
    expect(decide(acceptedState({ reserved }), 800_000)).toEqual({ do: 'nothing' });
    expect(decide(acceptedState({ reserved: { ...reserved, micros: 0 } }), 800_000).do).toBe('reserve');
  });

  it('of more than the whole limit never fits, and says so', () => {
    expect(decide(acceptedState(), 799_999)).toMatchObject({
      do: 'refuse',
      failure: {
        code: 'BUDGET_EXCEEDED',
        charged: 'no',
        message: expect.stringMatching(/costs \$0\.80.*\$0\.80 a day.*never fits/),
      },
    });
  });

  it('of a price that nobody lists is the assumed one, for each video; without that it is refused', () => {
    const { priceMicros: _, ...unpriced } = acceptedState();
    expect(decide(unpriced, 9_000_000, { assumedPriceDollars: 3 }, 2)).toEqual({
      do: 'reserve',
      reserved: { day: DAY, micros: 6_000_000 },
    });
    expect(decide(unpriced, 9_000_000)).toMatchObject({
      do: 'refuse',
      failure: {
        code: 'BUDGET_EXCEEDED',
        message: expect.stringContaining('has no list price'),
        advice: expect.stringContaining('budgets.assumedPriceDollars'),
      },
    });
  });

  it('that does not fit today says when it does', () => {
    expect(budgetSpent('drop', { day: '2026-12-31', micros: 800_000 }, 1_600_000).message).toBe(
      'This video costs $0.80. Less than that is left of the $1.60 that drop may spend on 2026-12-31 (UTC). It fits from 2027-01-01, 00:00 UTC, on.',
    );
  });
});

describe('what a job holds of the budget', () => {
  const reserved = { day: DAY, micros: 800_000 };
  const submitting = beginAttempt(acceptedState({ reserved }), T0).state;
  const running = recordTask(submitting, { id: 't' }, settings, T0).state;
  const unknown = recordUnknownSubmit(submitting, 'SUBMIT_UNANSWERED', at(1)).state;
  const storing = startStoring(running, settings, at(60)).state;
  const attempt: SubmitAttempt = {
    attempt: 1,
    requestHash: 'h',
    startedAt: T0,
    leaseUntil: at(1),
    outcome: 'unknown',
    answeredAt: at(1),
  };
  const done = (made: ReturnType<typeof redriveJob>): JobChange => {
    if (made.do !== 'save' && made.do !== 'restart') throw new Error(`It was ${made.do}.`);
    return made.change;
  };
  const redriven = (state: JobState, wish: object) =>
    done(redriveJob(state, attempt, { by: 'anna', ...wish }, at(86_400))).state;

  it.each<[string, JobState, JobState, number]>([
    [
      'succeeds in part',
      storing,
      succeed(storing, { video, videoCount: 1, costMicros: 300_000 }, at(90)).state,
      -500_000,
    ],
    ['succeeds', storing, succeed(storing, { video, videoCount: 1, costMicros: 800_000 }, at(90)).state, 0],
    ['fails free', running, fail(running, failure('no'), at(90)).state, -800_000],
    ['fails, charged', running, fail(running, failure('yes'), at(90)).state, 0],
    ['fails, and nobody knows', running, fail(running, failure('unknown'), at(90)).state, 0],
    ['waits for another try', submitting, queueAgain(submitting, at(1)).state, 0],
    ['is not answered', submitting, unknown, 0],
    ['is given up by a person', unknown, redriven(unknown, { giveUp: true }), -800_000],
    ['goes on with a task that a person found', unknown, redriven(unknown, { taskId: 'x' }), 0],
    [
      'is cancelled before its order',
      acceptedState({ reserved }),
      done(cancelJob(acceptedState({ reserved }), { by: 'a', abandon: false, canStopProvider: false }, at(1)))
        .state,
      -800_000,
    ],
  ])('when it %s', (_, before, after, micros) => {
    expect(budgetMoves(before, after)).toEqual(micros === 0 ? [] : [{ day: DAY, micros }]);
  });

  it('is given back, and counted on its day should it cost something after all', () => {
    const free = fail(running, failure('no'), at(90)).state;
    const again = redriven({ ...free, task: { id: 't' } }, {});
    const made = succeed(again, { video, videoCount: 1, costMicros: 800_000 }, at(90_000)).state;
    expect(budgetMoves(again, made)).toEqual([{ day: DAY, micros: 800_000 }]);
  });

  it('of an order that may have been charged stays when another is ordered', () => {
    const again = redriven(unknown, { confirmResubmit: true });
    expect(budgetMoves(unknown, again)).toEqual([]);
    expect(again).toMatchObject({ reservedBefore: [reserved] });
    const next = { ...again, reserved: { day: '2026-01-02', micros: 800_000 } };
    expect(budgetMoves(again, next)).toEqual([{ day: '2026-01-02', micros: 800_000 }]);
    expect(budgetMoves(next, fail(next, failure('no'), at(90_000)).state)).toEqual([
      { day: '2026-01-02', micros: -800_000 },
    ]);
    const wish = { by: 'anna', abandon: false, canStopProvider: false };
    const cancelled = done(cancelJob(next, wish, at(90_000))).state;
    expect(cancelled.failure?.charged).toBe('unknown');
    expect(budgetMoves(next, cancelled)).toEqual([{ day: '2026-01-02', micros: -800_000 }]);
  });

  it('is of one order only, when the first is answered before the second was sent', () => {
    const again = {
      ...redriven(unknown, { confirmResubmit: true }),
      reserved: { day: '2026-01-02', micros: 800_000 },
    };
    const answered = recordTask(again, { id: 'late' }, settings, at(86_500)).state;
    expect(answered).toMatchObject({ status: 'running', reserved });
    expect(answered).not.toHaveProperty('atStakeMicros');
    expect(budgetMoves(again, answered)).toEqual([{ day: '2026-01-02', micros: -800_000 }]);
  });
});

// The table as the transactions see it: a number for a day, written together with the job's state.
class Ledger {
  committed = 0;
  highest = 0;
  spent = 0;
  readonly jobs = new Map<string, JobState>();

  /** One transaction: the job as it was read, and room in the budget where it is taken from. */
  write(read: JobState, after: JobState, limit?: number): 'written' | 'stale' | 'spent' {
    if (this.jobs.get(read.jobId)?.revision !== read.revision) return 'stale';
    const micros = budgetMoves(read, after).reduce((sum, move) => sum + move.micros, 0);
    if (limit !== undefined && micros > 0 && this.committed > limit - micros) return 'spent';
    this.committed += micros;
    this.spent += spendMoves(read, after).reduce((sum, move) => sum + move.micros + move.atStakeMicros, 0);
    this.highest = Math.max(this.highest, this.committed);
    this.jobs.set(read.jobId, after);
    return 'written';
  }
}

describe('whatever two writers do at the same time', () => {
  const LIMIT = 2_000_000;
  const step = fc.record({
    job: fc.integer({ min: 0, max: 5 }),
    writer: fc.constantFrom(0, 1),
    ending: fc.constantFrom('succeed', 'part', 'no', 'yes', 'unknown', 'again' as const),
    isRead: fc.boolean(),
  });
  const prices = fc.array(fc.integer({ min: 1, max: 1_200_000 }), { minLength: 6, maxLength: 6 });

  type Step = { after: JobState; limit?: number } | undefined;

  const endStoring = (state: JobState, ending: string): JobState => {
    const price = state.priceMicros ?? 0;
    const cost: Readonly<Record<string, number>> = { succeed: price, part: Math.round(price / 2) };
    const costMicros = cost[ending];
    if (costMicros !== undefined) return succeed(state, { video, videoCount: 1, costMicros }, at(2)).state;
    const charged = ending === 'yes' || ending === 'unknown' ? ending : 'no';
    return fail(state, failure(charged), at(2)).state;
  };

  const redriveFree = (state: JobState): Step => {
    const { task: _, ...without } = state;
    const again = redriveJob(without, undefined, { by: 'anna' }, at(3));
    return again.do === 'restart' ? { after: again.change.state } : undefined;
  };

  const reserve = (state: JobState): Step => {
    const decision = decideReservation(state, LIMIT, budgets(), { now: T0 });
    if (decision.do !== 'reserve') return { after: beginAttempt(state, T0).state };
    return { after: queueAgain({ ...state, reserved: decision.reserved }, T0).state, limit: LIMIT };
  };

  const next = (state: JobState, ending: string): Step => {
    switch (state.status) {
      case 'accepted':
        return reserve(state);
      case 'queued':
        return { after: beginAttempt(state, T0).state };
      case 'submitting':
        return { after: recordTask(state, { id: 't' }, settings, T0).state };
      case 'running':
        return { after: startStoring(state, settings, at(1)).state };
      case 'storing':
        return { after: endStoring(state, ending) };
      case 'failed':
        return ending === 'again' && state.failure?.charged === 'no' ? redriveFree(state) : undefined;
      default:
        return undefined;
    }
  };

  const costOf = ({ status, costMicros, priceMicros, failure: ended, reserved }: JobState): number => {
    if (status === 'succeeded') return costMicros ?? 0;
    return ended && ended.charged !== 'no' && reserved ? (priceMicros ?? 0) : 0;
  };

  /** Each writer works on what it read last, however old that is. */
  const writerOf = (ledger: Ledger) => {
    const read = new Map(ledger.jobs);
    return {
      look: (jobId: string): void => {
        const state = ledger.jobs.get(jobId);
        if (state) read.set(jobId, state);
      },
      act: (jobId: string, ending: string): void => {
        const state = read.get(jobId);
        const made = state && next(state, ending);
        if (!state || !made) return;
        if (ledger.write(state, made.after, made.limit) === 'spent')
          ledger.write(state, fail(state, budgetSpent('drop', { day: DAY, micros: 0 }, LIMIT), at(1)).state);
      },
    };
  };

  const finishAll = (ledger: Ledger, { look, act }: ReturnType<typeof writerOf>): void => {
    for (const id of ledger.jobs.keys())
      for (let rounds = 0; rounds < 6; rounds += 1) {
        look(id);
        act(id, 'succeed');
      }
  };

  it('no more is ever reserved than the limit; and after all jobs ended what is reserved is what they cost', () => {
    fc.assert(
      fc.property(prices, fc.array(step, { maxLength: 120, size: 'max' }), (priceOf, steps) => {
        const ledger = new Ledger();
        priceOf.forEach((priceMicros, index) => {
          ledger.jobs.set(String(index), acceptedState({ jobId: String(index), priceMicros }));
        });
        const writers = [writerOf(ledger), writerOf(ledger)] as const;
        for (const { job, writer, ending, isRead } of steps) {
          const { look, act } = writers[writer === 0 ? 0 : 1];
          if (isRead) look(String(job));
          act(String(job), ending);
        }
        finishAll(ledger, writers[0]);
        expect(ledger.highest).toBeLessThanOrEqual(LIMIT);
        const cost = [...ledger.jobs.values()].reduce((sum, state) => sum + costOf(state), 0);
        expect(ledger.committed).toBe(cost);
        expect(ledger.spent).toBe(cost);
      }),
      { numRuns: 100 },
    );
  });
});
