import { JobState } from '../../../core/jobs/job.ts';
import { JobEvent } from '../../../core/jobs/job-event.ts';
import { eventText, outcomeOf, statusText, stopText } from '../../../local/job-course.ts';

const at = '2026-11-21T08:00:00.000Z';
const state = (changes: Record<string, unknown>): JobState =>
  JobState.parse({
    ...{ jobId: 'j1', owner: 'drop', status: 'running', run: 1, revision: 2, sequence: 2, attempt: 1 },
    ...{ actor: 'startframe', outputKey: 'videos/a.png.mp4', createdAt: at, updatedAt: at },
    ...{ provider: 'simulated', priceMicros: 800_000, outputBucket: 'videos' },
    ...changes,
  });
const event = (type: string, detail: Record<string, unknown> = {}): JobEvent =>
  JobEvent.parse({
    ...{ schemaVersion: 1, eventId: 'j1:1', type, sequence: 1, jobId: 'j1', run: 1, owner: 'drop' },
    ...{ status: 'running', actor: 's3', at, metadata: {} },
    ...detail,
  });

test.each([
  [
    event('Video Job Accepted', { model: 'veo3.1-fast', provider: 'simulated', priceMicros: 800_000 }),
    'Accepted  veo3.1-fast at simulated, list price $0.80',
  ],
  [event('Video Job Submitted', { taskId: 't-9' }), 'Submitted  task t-9'],
  [event('Video Job Queued'), 'Queued'],
  [
    event('Video Job Restarted', { action: 'repair', actor: 'startframe' }),
    'Restarted  repair, by startframe',
  ],
  [
    event('Video Job Succeeded', {
      durationSeconds: 8,
      width: 1280,
      height: 720,
      bytes: 2_623_523,
      costMicros: 800_000,
    }),
    'Succeeded  8 s of 1280×720, 2.6 MB, $0.80',
  ],
  [
    event('Video Job Needs Attention', { attention: { reason: 'SUBMIT_UNANSWERED' } }),
    'Needs Attention  SUBMIT_UNANSWERED',
  ],
])('an event is one line', (shown, text) => {
  expect(eventText(shown)).toBe(text);
});

test('a status without an event of its own is told too', () => {
  expect(statusText(state({ status: 'storing' }))).toMatch(/^storing/);
  expect(statusText(state({ status: 'running' }))).toBeUndefined();
});

const failure = {
  code: 'INVALID_FRAME',
  message: 'It is plain text.',
  advice: 'Drop a picture.',
  charged: 'no',
};

test('a failure says code, reason, advice and whether it cost', () => {
  const failed = state({ status: 'failed', failure });
  expect(outcomeOf(failed)).toBe('stopped');
  expect(stopText(failed)).toBe(
    'Job j1 failed: INVALID_FRAME. It is plain text.\nWhat to do: Drop a picture.\nCharged: no.',
  );
  expect(stopText(state({ status: 'failed', failure: { ...failure, charged: 'unknown' } }))).toContain(
    'Charged: not known (list price $0.80).',
  );
});

test('a cancelled job says by whom, and whether it cost', () => {
  const cancelled = { ...failure, code: 'CANCELLED', message: 'Cancelled by anna.' };
  expect(stopText(state({ status: 'cancelled', failure: cancelled }))).toMatch(
    /^Job j1 ended without a video\. Cancelled by anna\.\n.*\nCharged: no\.$/,
  );
});

test('an order that nobody answered says what is at stake and what to look at', () => {
  const unknown = state({ status: 'submit-unknown', attention: { reason: 'SUBMIT_UNANSWERED', since: at } });
  expect(outcomeOf(unknown)).toBe('stopped');
  expect(stopText(unknown)).toMatch(
    /may have been charged \(list price \$0\.80\).*\nWhat to do: look at the list of tasks at simulated/,
  );
});

test('an overdue job goes on, and so does one whose workflow stopped: the sweeper starts it again', () => {
  expect(outcomeOf(state({ overdue: true, attention: { reason: 'OVERDUE', since: at } }))).toBe('going');
  expect(outcomeOf(state({ attention: { reason: 'WORKFLOW_STOPPED', since: at } }))).toBe('going');
});
