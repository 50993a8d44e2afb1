import fc from 'fast-check';
import { cancelBeforeSubmit, cancelJob } from '../../../../core/jobs/cancel.ts';
import { isEnded } from '../../../../core/jobs/job.ts';
import { redriveJob } from '../../../../core/jobs/redrive.ts';
import { decideRepair } from '../../../../core/jobs/repair.ts';
import { decideSubmit, newAttempt, type SubmitAttempt } from '../../../../core/jobs/submit-ledger.ts';
import {
  beginAttempt,
  recordAttemptAnswered,
  recordTask,
  recordUnknownSubmit,
} from '../../../../core/jobs/transitions.ts';
import { acceptedState, at } from '../../../support/jobs.ts';
import { failed, settings } from './redrive-builder.ts';

// Whoever does what to a job in whatever order: steps, answers that come late, persons, the sweeper.
type Move =
  | { readonly by: 'submit' | 'answer-accepted' | 'answer-refused' | 'answer-unknown' | 'provider-fails' }
  | { readonly by: 'cancel'; readonly abandon: boolean }
  | { readonly by: 'redrive'; readonly wish: 'none' | 'confirmResubmit' | 'giveUp' }
  | { readonly by: 'sweeper' };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      by: fc.constantFrom(
        'submit' as const,
        'answer-accepted' as const,
        'answer-refused' as const,
        'answer-unknown' as const,
        'provider-fails' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ by: fc.constant('cancel' as const), abandon: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      by: fc.constant('redrive' as const),
      wish: fc.constantFrom('none' as const, 'confirmResubmit' as const, 'giveUp' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ by: fc.constant('sweeper' as const) }) },
);

/** A job with its ledger, as the handlers would keep them; time passes with each move. */
class World {
  state = acceptedState();
  readonly ledger: SubmitAttempt[] = [];
  posts = 0;
  allowed = 0;
  private seconds = 0;

  make(made: Move): void {
    this.seconds += 60;
    const now = at(this.seconds);
    if (made.by === 'submit') this.submit(now);
    else if (made.by === 'cancel')
      this.carryOut(
        cancelJob(this.state, { by: 'anna', abandon: made.abandon, canStopProvider: false }, now),
      );
    else if (made.by === 'redrive') this.redrive(made.wish, now);
    else if (made.by === 'sweeper') this.sweep(now);
    else if (made.by !== 'provider-fails') this.answer(made.by, now);
    else if (this.state.task && !isEnded(this.state)) this.state = failed(this.state, 'unknown');
  }

  private redrive(said: 'none' | 'confirmResubmit' | 'giveUp', now: string): void {
    const wish = said === 'none' ? {} : { [said]: true };
    const operation = redriveJob(this.state, this.ledger.at(-1), { by: 'anna', ...wish }, now);
    if (operation.do === 'restart' && operation.change.action === 'order-again') this.allowed += 1;
    this.carryOut(operation);
  }

  private sweep(now: string): void {
    const repair = decideRepair(this.state, 'ended', now);
    if (repair.do === 'restart') this.state = repair.change.state;
  }

  private carryOut(operation: ReturnType<typeof redriveJob>): void {
    if (operation.do === 'save' || operation.do === 'restart') this.state = operation.change.state;
  }

  private submit(now: string): void {
    const decision = decideSubmit(this.state, this.ledger.at(-1), now);
    if (decision.do === 'cancel') this.state = cancelBeforeSubmit(this.state, now).state;
    if (decision.do === 'record-unknown')
      this.state = recordUnknownSubmit(this.state, decision.reason, now).state;
    if (decision.do !== 'post') return;
    this.state = beginAttempt(this.state, now).state;
    this.ledger.push(newAttempt(this.state.attempt, 'hash', now));
    this.posts += 1;
  }

  /** To the oldest attempt that has none: answers may be that late. */
  private answer(kind: 'answer-accepted' | 'answer-refused' | 'answer-unknown', now: string): void {
    const index = this.ledger.findIndex(({ answeredAt }) => answeredAt === undefined);
    const attempt = this.ledger[index];
    if (!attempt) return;
    const isCurrent = this.state.attempt === attempt.attempt && this.state.status === 'submitting';
    if (kind === 'answer-accepted') {
      const task = { id: `task${attempt.attempt}` };
      this.ledger[index] = { ...attempt, answeredAt: now, outcome: 'accepted', task };
      this.state = recordTask(this.state, task, settings, now).state;
      return;
    }
    const outcome = kind === 'answer-refused' ? 'refused' : 'unknown';
    this.ledger[index] = { ...attempt, answeredAt: now, outcome };
    if (!isCurrent) this.state = recordAttemptAnswered(this.state, now).state;
    else if (outcome === 'unknown') this.state = recordUnknownSubmit(this.state, 'X', now).state;
    else
      this.state = this.state.cancelRequest
        ? cancelBeforeSubmit(this.state, now).state
        : failed(this.state, 'no');
  }
}

describe('whatever happens in whatever order', () => {
  const played = (moves: readonly Move[]): World => {
    const world = new World();
    for (const made of moves) world.make(made);
    return world;
  };
  const moves = fc.array(move, { maxLength: 25, size: 'max' });

  it('no order that may have been charged is followed by another without a person’s word', () => {
    fc.assert(
      fc.property(moves, (made) => {
        const { posts, allowed, ledger } = played(made);
        const refused = ledger.filter(({ outcome }) => outcome === 'refused').length;
        expect(posts).toBeLessThanOrEqual(1 + allowed + refused);
      }),
      { numRuns: 2000 },
    );
  });

  it('every task that was paid for is the job’s, or a person is told, or a person gave it up for another', () => {
    fc.assert(
      fc.property(moves, (made) => {
        const { state, ledger, allowed } = played(made);
        const tasks = ledger.flatMap(({ task }) => (task ? [task.id] : []));
        const lost = tasks.filter((id) => id !== state.task?.id);
        expect(lost.length).toBeLessThanOrEqual(allowed);
      }),
      { numRuns: 2000 },
    );
  });

  it('an open job is in the sweeper’s index, and one that is over or waits for a person is not', () => {
    fc.assert(
      fc.property(moves, (made) => {
        const { state } = played(made);
        expect(state.dueAt === undefined).toBe(isEnded(state) || state.status === 'submit-unknown');
      }),
      { numRuns: 2000 },
    );
  });
});
