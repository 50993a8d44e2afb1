import fc from 'fast-check';
import { cancelBeforeSubmit, cancelJob } from '../../../../core/jobs/cancel.ts';
import { fail, giveUp } from '../../../../core/jobs/ending.ts';
import { isEnded, type JobState } from '../../../../core/jobs/job.ts';
import { type RedriveJobRequest, redriveJob } from '../../../../core/jobs/redrive.ts';
import { decideRepair } from '../../../../core/jobs/repair.ts';
import { decideSubmit, newAttempt, type SubmitAttempt } from '../../../../core/jobs/submit-ledger.ts';
import {
  beginAttempt,
  recordAttemptAnswered,
  recordTask,
  recordUnknownSubmit,
} from '../../../../core/jobs/transitions.ts';
import {
  acceptedState,
  at,
  providerSettings,
  runningState,
  submittingState,
  T0,
} from '../../../support/jobs.ts';

const settings = providerSettings();
const unanswered = newAttempt(1, 'hash', T0);
const answered = (outcome: SubmitAttempt['outcome'] & string): SubmitAttempt => ({
  ...unanswered,
  answeredAt: at(1),
  outcome,
  ...(outcome === 'accepted' ? { task: { id: 'task1' } } : {}),
});
const unknown = recordUnknownSubmit(submittingState(), 'SUBMIT_UNANSWERED', at(120)).state;
const failed = (state: JobState, charged: 'yes' | 'no' | 'unknown') =>
  fail(state, { code: 'PROVIDER_FAILED', message: 'm', advice: 'a', charged }, at(200)).state;

const redrive = (
  state: JobState,
  attempt?: SubmitAttempt,
  wish: Omit<RedriveJobRequest, 'by'> = {},
  now = at(300),
) => redriveJob(state, attempt, { by: 'anna', ...wish }, now);

describe('redriving', () => {
  it('asks again by the task, free, with no trace of the ending', () => {
    const operation = redrive(failed(runningState(), 'yes'), answered('accepted'));
    expect(operation).toMatchObject({
      do: 'restart',
      change: {
        event: 'Video Job Restarted',
        action: 'ask-again',
        state: { status: 'running', run: 2, task: { id: 'task1' }, actor: 'anna', dueAt: at(360) },
      },
    });
    const state = operation.do === 'restart' ? operation.change.state : undefined;
    for (const field of ['failure', 'finishedAt', 'attention']) expect(state).not.toHaveProperty(field);
  });

  it('begins again where for certain nothing was ordered', () => {
    const never = failed(acceptedState(), 'no');
    const refused = failed(submittingState(), 'no');
    const cancelled = cancelBeforeSubmit(acceptedState(), at(1)).state;
    for (const [state, attempt] of [[never], [refused, answered('refused')], [cancelled]] as const)
      expect(redrive(state, attempt)).toMatchObject({
        do: 'restart',
        change: { action: 'start-again', state: { status: 'accepted', run: 2, redrivenAt: at(300) } },
      });
  });

  it('of an order that was not answered says the price, and orders nothing', () => {
    for (const attempt of [unanswered, answered('unknown')])
      expect(redrive(unknown, attempt)).toMatchObject({
        do: 'refuse',
        name: 'CONFIRMATION_NEEDED',
        reason: expect.stringContaining('0.80 USD'),
      });
  });

  it('waits for the answer first while it may still come', () => {
    expect(redrive(unknown, unanswered, { confirmResubmit: true }, at(119))).toMatchObject({
      name: 'SUBMIT_UNDER_WAY',
    });
  });

  it('orders again after a person’s word, once, and keeps what may be gone', () => {
    const operation = redrive(unknown, answered('unknown'), { confirmResubmit: true });
    if (operation.do !== 'restart') throw new Error('Not restarted.');
    const { state } = operation.change;
    expect(operation.change.action).toBe('order-again');
    expect(state).toMatchObject({ status: 'accepted', actor: 'anna', atStakeMicros: 800_000, run: 2 });
    expect(decideSubmit(state, answered('unknown'), at(301))).toEqual({ do: 'post' });
    const second = beginAttempt(state, at(301)).state;
    expect(decideSubmit(second, newAttempt(2, 'hash', at(301)), at(500))).toMatchObject({
      do: 'record-unknown',
    });
  });

  it('of a job whose task is known orders again only when told so', () => {
    const operation = redrive(failed(runningState(), 'yes'), answered('accepted'), { confirmResubmit: true });
    if (operation.do !== 'restart') throw new Error('Not restarted.');
    expect(operation.change.state).toMatchObject({ status: 'accepted', atStakeMicros: 800_000 });
    expect(operation.change.state).not.toHaveProperty('task');
    expect(decideSubmit(operation.change.state, answered('accepted'), at(301))).toEqual({ do: 'post' });
    // Cancelled before the new order: the task of the old one is still in the ledger, and free to ask for.
    const { state } = cancelBeforeSubmit(operation.change.state, at(302));
    expect(redrive(state, answered('accepted'))).toMatchObject({ change: { action: 'ask-again' } });
  });

  it('adopts a task that a person found, and writes it into the ledger', () => {
    expect(redrive(unknown, answered('unknown'), { taskId: 'found' })).toMatchObject({
      do: 'restart',
      change: {
        action: 'adopt-task',
        event: 'Video Job Submitted',
        state: {
          status: 'running',
          task: { id: 'found' },
          slot: 'job#job1',
          submittedAt: T0,
          actor: 'anna',
        },
      },
      attempt: {
        attempt: 1,
        outcome: 'accepted',
        task: { id: 'found' },
        reason: expect.stringContaining('anna'),
      },
    });
    expect(redrive(failed(acceptedState(), 'no'), undefined, { taskId: 'x' })).toMatchObject({
      name: 'NOTHING_ORDERED',
    });
  });

  it.each([
    ['failed', failed(acceptedState(), 'unknown')],
    ['failed and charged', failed(acceptedState(), 'yes')],
  ])('takes no task for a job that %s: its submit was answered', (_, state) => {
    expect(redrive(state, answered('accepted'), { taskId: 'x' })).toMatchObject({ name: 'NO_TASK_EXPECTED' });
  });

  it('ends an order that was given up as failed, charged unknown; it can be ordered again', () => {
    const operation = redrive(unknown, answered('unknown'), { giveUp: true });
    if (operation.do !== 'save') throw new Error('Not saved.');
    expect(operation.change).toMatchObject({
      action: 'give-up',
      state: { status: 'failed', actor: 'anna', failure: { charged: 'unknown' } },
    });
    expect(redrive(operation.change.state, answered('unknown'))).toMatchObject({
      name: 'CONFIRMATION_NEEDED',
    });
  });

  it('has nothing to do for a job that succeeded or is on its way, and wakes one whose workflow stopped', () => {
    expect(redrive(runningState({ status: 'succeeded' }))).toMatchObject({ name: 'NOTHING_TO_REDRIVE' });
    expect(redrive(runningState())).toMatchObject({ name: 'JOB_OPEN' });
    const stopped = giveUp(runningState(), { answered: true }, at(5))?.state ?? runningState();
    expect(redrive(stopped)).toMatchObject({
      do: 'restart',
      change: { action: 'restart', state: { run: 2 } },
    });
  });
});

describe('a second task', () => {
  it('does not push the first out of the record: a person sees both', () => {
    const late = recordTask(runningState(), { id: 'task2' }, settings, at(9));
    expect(late).toMatchObject({
      event: 'Video Job Needs Attention',
      state: { task: { id: 'task1' }, attention: { reason: 'SECOND_TASK' } },
    });
    expect(recordTask(runningState(), { id: 'task1' }, settings, at(9)).event).toBeUndefined();
  });

  it('neither does it open a job again that has its video', () => {
    const { task: _, ...succeeded } = runningState({ status: 'succeeded' });
    expect(recordTask(succeeded, { id: 'task2' }, settings, at(9)).state.status).toBe('succeeded');
  });

  it('a late answer to an order that was given up is recorded, and looked after within a minute', () => {
    const { state } = recordTask(failed(submittingState(), 'unknown'), { id: 'late' }, settings, at(300));
    expect(state).toMatchObject({ status: 'running', task: { id: 'late' }, dueAt: at(360) });
  });
});

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
