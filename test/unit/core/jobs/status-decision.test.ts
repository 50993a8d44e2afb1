import type { JobState } from '../../../../core/jobs/job.ts';
import { type Decision, decideOnError, decideOnStatus } from '../../../../core/jobs/status-decision.ts';
import { ProviderError } from '../../../../core/kernel/errors.ts';
import type { TaskStatus } from '../../../../core/providers/provider.ts';
import { at, providerSettings, runningState, storingState } from '../../../support/jobs.ts';

const settings = providerSettings();
const HOUR = 3600;
const failed: TaskStatus = { state: 'failed', reason: 'internal', charged: 'unknown' };

const follow = (state: JobState, decision: Decision): JobState => decision.change?.state ?? state;
const notFound = new ProviderError('TaskNotFound', 'no such task', { retryable: true, charged: 'unknown' });
const unavailable = new ProviderError('ProviderUnavailable', '500', {
  retryable: true,
  charged: 'unknown',
  retryAfterSeconds: 77,
});

describe('an answer', () => {
  it('that changes nothing writes nothing', () => {
    for (const status of [
      { state: 'queued' },
      { state: 'running' },
      { state: 'unknown', word: 'x' },
    ] as const)
      expect(decideOnStatus(runningState(), status, settings, at(60))).toEqual({
        next: 'wait',
        waitSeconds: 10,
      });
  });

  it('of a video that is near is worth asking again at once, unless something has to be written', () => {
    const expected = { earliestSeconds: 100, latestSeconds: 150 };
    const near = decideOnStatus(runningState({ expected }), { state: 'running' }, settings, at(100));
    // Counted from four fifths of the earliest, not from the settings' first wait.
    expect(near).toEqual({ next: 'wait', waitSeconds: 10, isNear: true });
    const doubted = follow(
      runningState({ expected }),
      decideOnStatus(runningState({ expected }), failed, settings, at(95)),
    );
    const recovered = decideOnStatus(doubted, { state: 'running' }, settings, at(100));
    expect(recovered.isNear).toBeUndefined();
    expect(recovered.change?.state.unconfirmed).toBeUndefined();
  });

  it('"succeeded" goes on to store, by a date', () => {
    const status: TaskStatus = { state: 'succeeded', outputs: [{ url: 'https://x/v.mp4' }] };
    const { next, change } = decideOnStatus(runningState(), status, settings, at(60));
    expect(next).toBe('store');
    expect(change?.state).toMatchObject({ status: 'storing', mustDownloadBy: at(60 + 172_800) });
  });

  it('"failed" is believed when it is said twice', () => {
    const first = decideOnStatus(runningState(), failed, settings, at(60));
    expect(first).toMatchObject({ next: 'wait', waitSeconds: 5 });
    expect(first.change?.state.status).toBe('running');
    const second = decideOnStatus(follow(runningState(), first), failed, settings, at(65));
    expect(second).toMatchObject({
      next: 'end',
      change: { state: { status: 'failed', failure: { code: 'PROVIDER_FAILED', charged: 'unknown' } } },
    });
  });

  it('"failed" once and then "running" is forgotten', () => {
    const doubted = follow(runningState(), decideOnStatus(runningState(), failed, settings, at(60)));
    const recovered = follow(doubted, decideOnStatus(doubted, { state: 'running' }, settings, at(65)));
    expect(recovered.unconfirmed).toBeUndefined();
    expect(decideOnStatus(recovered, failed, settings, at(70)).next).toBe('wait');
  });

  it('a question that went wrong between two failures does not count as recovery', () => {
    const doubted = follow(runningState(), decideOnStatus(runningState(), failed, settings, at(60)));
    const after = follow(doubted, decideOnError(doubted, unavailable, settings, at(65)));
    expect(decideOnStatus(after, failed, settings, at(70)).next).toBe('end');
  });

  it('"failed" is believed at once where the provider is known not to flap', () => {
    expect(
      decideOnStatus(runningState(), failed, providerSettings({ confirmFailure: false }), at(60)).next,
    ).toBe('end');
  });

  it.each([
    ['gemini', 'veo-3.1-generate-preview', 'no'],
    ['gptproto', 'veo3.1-fast', 'unknown'],
  ] as const)(
    '"filtered" of %s without a word about money is charged as the registry says',
    (dialect, model, charged) => {
      const filtered: TaskStatus = { state: 'filtered', reason: 'safety', charged: 'unknown' };
      const certain = providerSettings({ dialect, models: [model], confirmFailure: false });
      const { change } = decideOnStatus(runningState({ model }), filtered, certain, at(60));
      expect(change?.state.failure).toMatchObject({ code: 'CONTENT_FILTERED', charged });
    },
  );

  it('"filtered" ends as CONTENT_FILTERED', () => {
    const filtered: TaskStatus = { state: 'filtered', reason: 'safety', charged: 'no' };
    const doubted = follow(runningState(), decideOnStatus(runningState(), filtered, settings, at(60)));
    const { change } = decideOnStatus(doubted, filtered, settings, at(65));
    expect(change?.state.failure).toMatchObject({ code: 'CONTENT_FILTERED', charged: 'no' });
    expect(change?.state.attention).toBeUndefined();
  });
});

const askUntilEnd = (
  ask: (state: JobState, now: string) => Decision,
): { answers: number; seconds: number; state: JobState } => {
  let state = runningState();
  let seconds = 60;
  for (let answers = 1; answers < 1000; answers += 1) {
    const decision = ask(state, at(seconds));
    state = follow(state, decision);
    if (decision.next === 'end') return { answers, seconds, state };
    seconds += decision.waitSeconds;
  }
  throw new Error('never ended');
};

const filteredQuestion = new ProviderError('ProviderFilteredRequest', 'blocked for safety', {
  retryable: true,
  charged: 'unknown',
});

describe('what may be lag', () => {
  it.each([
    [
      'CONTENT_FILTERED',
      (state: JobState, now: string) => decideOnError(state, filteredQuestion, settings, now),
    ],
    ['EXPIRED', (state: JobState, now: string) => decideOnError(state, notFound, settings, now)],
    [
      'EMPTY_RESULT',
      (state: JobState, now: string) =>
        decideOnStatus(state, { state: 'empty', reason: 'none' }, settings, now),
    ],
  ])('are believed after ten minutes and five answers: %s', (code, ask) => {
    const { answers, seconds, state } = askUntilEnd(ask);
    expect(state.failure).toMatchObject({ code, charged: 'unknown' });
    expect(state.attention?.reason).toBe(code);
    expect(answers).toBeGreaterThanOrEqual(5);
    expect(seconds - 60).toBeGreaterThanOrEqual(600);
    expect(seconds - 60).toBeLessThan(800);
  });

  it('are asked about five times, however little time they must last', () => {
    const impatient = providerSettings({ doubtSeconds: 0 });
    const { answers } = askUntilEnd((state, now) => decideOnError(state, notFound, impatient, now));
    expect(answers).toBe(5);
  });

  it('are forgotten when the task shows up', () => {
    const doubted = follow(runningState(), decideOnError(runningState(), notFound, settings, at(60)));
    expect(doubted.unconfirmed?.verdict).toBe('not-found');
    expect(
      follow(doubted, decideOnStatus(doubted, { state: 'running' }, settings, at(70))).unconfirmed,
    ).toBeUndefined();
  });
});

describe('time', () => {
  it('makes a job overdue, once, and it is asked for all the same', () => {
    const late = decideOnStatus(runningState(), { state: 'running' }, settings, at(HOUR));
    expect(late).toMatchObject({
      next: 'wait',
      change: { event: 'Video Job Overdue', state: { overdue: true, status: 'running' } },
    });
    expect(
      decideOnStatus(follow(runningState(), late), { state: 'running' }, settings, at(2 * HOUR)).change,
    ).toBeUndefined();
  });

  it('never ends a job by failed questions before the retention is over', () => {
    for (let hours = 0; hours < 48; hours += 1)
      expect(
        decideOnError(runningState({ overdue: true }), unavailable, settings, at(hours * HOUR)).next,
      ).toBe('wait');
    expect(
      decideOnError(runningState({ overdue: true }), unavailable, settings, at(49 * HOUR)).change?.state
        .failure,
    ).toMatchObject({
      code: 'EXPIRED',
      charged: 'unknown',
    });
  });

  it('honours what the provider asks to wait', () => {
    expect(decideOnError(runningState(), unavailable, settings, at(60)).waitSeconds).toBe(77);
  });
});

describe('a video that is ready and cannot be fetched', () => {
  const ready: TaskStatus = { state: 'succeeded', outputs: [{ url: 'https://x/v.mp4' }] };

  it('is tried again, and a person is told once', () => {
    const again = decideOnStatus(storingState(), ready, settings, at(HOUR));
    expect(again).toMatchObject({ next: 'store', change: { event: 'Video Job Needs Attention' } });
    expect(again.change?.state.attention?.reason).toBe('DOWNLOAD_FAILED');
    expect(
      decideOnStatus(follow(storingState(), again), ready, settings, at(2 * HOUR)).change,
    ).toBeUndefined();
  });

  it('is given up when the provider has deleted it, paid', () => {
    const unconfirmed = { verdict: 'DOWNLOAD_INVALID', reason: 'HTML', since: at(70), answers: 1 };
    const { next, change } = decideOnStatus(storingState({ unconfirmed }), ready, settings, at(49 * HOUR));
    expect(next).toBe('end');
    expect(change?.state.failure).toMatchObject({ code: 'DOWNLOAD_INVALID', charged: 'yes' });
  });

  it('is tried ever more slowly for as long as the provider keeps it, and last shortly before that ends', () => {
    const decide = (seconds: number, lastTry = 60) => {
      const since = { since: at(60), lastAt: at(lastTry) };
      const unconfirmed = { verdict: 'DOWNLOAD_FAILED', reason: '502', ...since, answers: 1 };
      return decideOnStatus(storingState({ unconfirmed }), ready, settings, at(seconds));
    };
    const walk = (lastTry: number): number[] => {
      const tries: number[] = [];
      for (let seconds = lastTry; ; ) {
        const { next, waitSeconds } = decide(seconds, tries.at(-1));
        if (next === 'end') return tries;
        // A try takes a while, then the workflow waits 300 s by itself.
        if (next === 'store') tries.push(seconds);
        seconds += next === 'store' ? 370 : waitSeconds;
      }
    };
    const tries = walk(360);
    expect(tries.slice(0, 3)).toEqual([360, 730, 1100]);
    expect(tries.length).toBeLessThan(90);
    expect(tries.at(-1)).toBeGreaterThan(172_800 - 900);
  });

  it('from an address that was named was there, and paid for', () => {
    const unconfirmed = { verdict: 'DOWNLOAD_FAILED', reason: 'HTTP 502', since: at(70), answers: 9 };
    const { change } = decideOnStatus(storingState({ unconfirmed }), ready, settings, at(49 * HOUR));
    expect(change?.state.failure).toMatchObject({ code: 'DOWNLOAD_FAILED', charged: 'yes' });
  });

  it('from an address that only the status word vouches for was never there', () => {
    const lie: TaskStatus = {
      state: 'succeeded',
      outputs: [{ url: 'https://x/content', isUnconfirmed: true }],
    };
    const unconfirmed = { verdict: 'DOWNLOAD_FAILED', reason: 'HTTP 502', since: at(70), answers: 9 };
    const { change } = decideOnStatus(storingState({ unconfirmed }), lie, settings, at(49 * HOUR));
    expect(change?.state).toMatchObject({
      failure: { code: 'EMPTY_RESULT', charged: 'unknown' },
      attention: { reason: 'EMPTY_RESULT' },
    });
    // Something came, though no video: that is another story.
    const page = { ...unconfirmed, verdict: 'DOWNLOAD_INVALID' };
    expect(
      decideOnStatus(storingState({ unconfirmed: page }), lie, settings, at(49 * HOUR)).change?.state.failure
        ?.code,
    ).toBe('DOWNLOAD_INVALID');
  });
});
