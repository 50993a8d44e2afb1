import { newsLine, newsOf, noVideoText, stopText, timelineText } from '../../../cli/job-news.ts';
import { isOver, type Job } from '../../../client/index.ts';

const at = '2026-11-21T08:00:00.000Z';
type Entry = NonNullable<Job['timeline']>[number];

const job = (changes: Partial<Job> = {}): Job => ({
  ...{ jobId: 'j1', owner: 'drop', status: 'running', run: 1, attempt: 1, scene: 'image-to-video' },
  ...{ metadata: {}, createdAt: at, updatedAt: at, model: 'veo3.1-fast', provider: 'simulated' },
  priceMicros: 800_000,
  ...changes,
});
const entry = (type: Entry['type'], changes: Partial<Entry> = {}): Entry => ({
  ...{ eventId: 'j1:1', type, sequence: 1, status: 'running', actor: 's3', at },
  ...changes,
});
const lineOf = (entryOfJob: Entry, changes: Partial<Job> = {}): string =>
  timelineText(job({ timeline: [entryOfJob], ...changes }))
    .replace('       0.0 s  ', '')
    .trim();

const video = {
  ...{ bucket: 'videos', key: 'a.mp4', sha256: 'hash', durationSeconds: 8.04 },
  ...{ width: 1280, height: 720, bytes: 2_623_523 },
};

test.each<[Entry, Partial<Job>, string]>([
  [entry('Video Job Accepted'), {}, 'Accepted  veo3.1-fast at simulated, list price $0.80'],
  [entry('Video Job Submitted'), { taskId: 't-9' }, 'Submitted  task t-9'],
  [entry('Video Job Queued'), {}, 'Queued'],
  [
    entry('Video Job Restarted', { action: 'repair', actor: 'startframe' }),
    {},
    'Restarted  repair, by startframe',
  ],
  [entry('Video Job Succeeded'), { video, costMicros: 800_000 }, 'Succeeded  8 s of 1280×720, 2.6 MB, $0.80'],
  [
    entry('Video Job Needs Attention'),
    { attention: { reason: 'SUBMIT_UNANSWERED', since: at } },
    'Needs Attention  SUBMIT_UNANSWERED',
  ],
])('an entry of the timeline is one line', (shown, changes, text) => {
  expect(lineOf(shown, changes)).toBe(text);
});

test('after a failover each entry names where the job was then', () => {
  const moved = { why: 'CIRCUIT_OPEN', at };
  const shown = timelineText(
    job({
      ...{ model: 'veo3.1-fast', provider: 'third' },
      movedFrom: [
        { ...moved, provider: 'first', model: 'veo3' },
        { ...moved, provider: 'second', model: 'veo3.1' },
      ],
      timeline: [
        entry('Video Job Accepted'),
        entry('Video Job Moved', { sequence: 2 }),
        entry('Video Job Moved', { sequence: 3 }),
      ],
    }),
  );
  expect(shown).toMatch(/Accepted {2}veo3 at first\n.*now veo3\.1 at second\n.*now veo3\.1-fast at third$/);
});

test('a fact of the last run stands at its last entry only', () => {
  const timeline = [
    entry('Video Job Submitted'),
    entry('Video Job Restarted', { sequence: 2, action: 'order-again', actor: 'ann' }),
    entry('Video Job Submitted', { sequence: 3 }),
  ];
  expect(timelineText(job({ taskId: 't-2', timeline }))).toMatch(/Submitted\n.*Submitted {2}task t-2$/s);
});

test('news are what the last read did not have: entries, a status without an entry, a reason to wait', () => {
  const newsIn = newsOf();
  const texts = (changes: Partial<Job>) => newsIn(job(changes)).map(({ text }) => text);
  const waiting = { reason: 'PAUSED_BY_ADMIN', message: 'Paused by\u001b[2J ann.' } as const;
  const timeline = [entry('Video Job Queued')];
  expect(texts({ status: 'queued', timeline, waiting })).toEqual(['Queued', 'waits: Paused by�[2J ann.']);
  expect(texts({ status: 'queued', timeline, waiting })).toEqual([]);
  timeline.push(entry('Video Job Submitted', { sequence: 2 }));
  expect(texts({ status: 'running', timeline, taskId: 't' })).toEqual(['Submitted  task t']);
  expect(texts({ status: 'storing', timeline })).toEqual([expect.stringMatching(/^storing: /)]);
  expect(texts({ status: 'storing', timeline })).toEqual([]);
});

test('a line has the seconds since the start, and a label where jobs share the terminal', () => {
  const news = { text: 'Queued', at: '2026-11-21T08:01:02.340Z' };
  expect(newsLine(news, at)).toBe('      62.3 s  Queued');
  expect(newsLine(news, at, 'a.png')).toBe('      62.3 s  a.png  Queued');
});

const failure: NonNullable<Job['failure']> = {
  code: 'INVALID_FRAME',
  message: 'It is plain text.',
  advice: 'Drop a picture.',
  charged: 'no',
};

test('a failure says code, reason, advice and whether it cost', () => {
  const failed = job({ status: 'failed', failure });
  expect(isOver(failed)).toBe(true);
  expect(noVideoText(failed)).toBe(
    'Job j1 failed. INVALID_FRAME: It is plain text.\nWhat to do: Drop a picture.\nCharged: no.',
  );
  expect(stopText(job({ status: 'failed', failure: { ...failure, charged: 'unknown' } }))).toContain(
    'Charged: not known (list price $0.80).',
  );
  expect(stopText(job({ status: 'failed', failure: { ...failure, charged: 'yes' } }))).toContain(
    'Charged: yes (list price $0.80).',
  );
});

test('a cancelled job says by whom, and whether it cost', () => {
  const cancelled: typeof failure = { ...failure, code: 'CANCELLED', message: 'Cancelled by anna.' };
  expect(noVideoText(job({ status: 'cancelled', failure: cancelled }))).toMatch(
    /^Job j1 was cancelled\. CANCELLED: Cancelled by anna\.\n.*\nCharged: no\.$/,
  );
});

test('an unanswered submit says what is at stake and what to check', () => {
  const unknown = job({ status: 'submit-unknown', attention: { reason: 'SUBMIT_UNANSWERED', since: at } });
  expect(isOver(unknown)).toBe(true);
  expect(noVideoText(unknown)).toMatch(
    /^Job j1 is submit-unknown\. SUBMIT_UNANSWERED: .*may have been charged \(list price \$0\.80\).*\nWhat to do: check the list of tasks at simulated.*startframe redrive j1.*runbook\.md#submit-unknown/,
  );
});

test('an overdue job goes on, and so does one whose workflow stopped: the sweeper starts it again', () => {
  expect(isOver(job({ overdue: true, attention: { reason: 'OVERDUE', since: at } }))).toBe(false);
  expect(isOver(job({ attention: { reason: 'WORKFLOW_STOPPED', since: at } }))).toBe(false);
  expect(stopText(job())).toBe('');
  expect(noVideoText(job({ status: 'succeeded' }))).toBeUndefined();
});
