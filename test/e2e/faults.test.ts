import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FailureCode } from '../../core/kernel/contract.ts';
import { Mp4Inspector } from '../../core/media/mp4/mp4-inspector.ts';
import type { JobSnapshot } from '../../local/job-reader.ts';
import { faultRows } from '../../simulator/faults/faults.ts';
import { isOver, TestStack } from '../support/clouds/test-stack.ts';

// Every way in which the simulated gateway can misbehave, at the same time, against the real template on the local cloud.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
let stack: TestStack;

/** What has to come of it. */
type Outcome =
  | { readonly is: 'video'; readonly notes?: readonly string[]; readonly attempt?: number }
  /** Nobody knows whether it was ordered; `tasks` the gateway made of it all the same. */
  | { readonly is: 'unknown'; readonly tasks: 0 | 1 }
  | { readonly is: 'free'; readonly code: FailureCode }
  /** Waits with its provider, which is asked again by itself; a person is told. */
  | { readonly is: 'parked'; readonly code: FailureCode }
  | { readonly is: 'lost'; readonly code: FailureCode; readonly charged: 'yes' | 'no' | 'unknown' };

const video: Outcome = { is: 'video' };
const unknown = (tasks: 0 | 1): Outcome => ({ is: 'unknown', tasks });
const free = (code: FailureCode): Outcome => ({ is: 'free', code });
const lost = (code: FailureCode, charged: 'yes' | 'no' | 'unknown' = 'unknown'): Outcome => ({
  is: 'lost',
  code,
  charged,
});

type Row = readonly [fault: string, outcome: Outcome, provider?: string];
const rows: readonly Row[] = [
  // What these say stops every order at their provider: each has one of its own.
  ['429(1, 1s)', { is: 'video', attempt: 2 }, 'throttled'],
  ['429-bare(1)', { is: 'video', attempt: 2 }, 'throttled-bare'],
  ['429-day', { is: 'parked', code: 'PROVIDER_QUOTA' }, 'used-up'],
  ['401(1)', { is: 'video', attempt: 2 }, 'keyless'],
  ['balance-403(1)', { is: 'video', attempt: 2 }, 'penniless'],
  ['balance-402', { is: 'parked', code: 'PROVIDER_BALANCE' }, 'prepaid'],
  ['500-before', unknown(0)],
  ['503-before', unknown(0)],
  ['reset-before', unknown(0)],
  ['hang-before', unknown(0)],
  ['redirect-submit', unknown(0)],
  ['policy-400', free('CONTENT_FILTERED')],
  ['policy-503', free('CONTENT_FILTERED')],
  ['retired-404', free('MODEL_RETIRED')],
  ['500-after', unknown(1)],
  ['reset-after', unknown(1)],
  ['hang-after', unknown(1)],
  ['garbage-after', unknown(1)],
  ['html-after', unknown(1)],
  ['slow-submit(2s)', video],
  ['drip-submit(4s)', video],
  ['submit-completed', video],
  ['failed', lost('PROVIDER_FAILED')],
  ['filtered', lost('CONTENT_FILTERED')],
  ['filtered', lost('CONTENT_FILTERED', 'no'), 'simulated-gemini'],
  ['empty', lost('EMPTY_RESULT')],
  ['cancelled', lost('PROVIDER_FAILED')],
  ['late(4s)', video],
  ['nsfw-note', { is: 'video', notes: ['NSFW'] }],
  ['words(queued=SUBMITTED, running=THROTTLED, succeeded=done)', video],
  ['wrong-length(3s)', { is: 'video', notes: ['8 s were requested'] }],
  ['wrong-aspect', { is: 'video', notes: ['16:9 was requested'] }],
  ['hostile-url', lost('DOWNLOAD_FAILED', 'yes')],
  ['poll-500(2)', video],
  ['poll-500', lost('EXPIRED')],
  ['poll-404(2)', video],
  ['poll-404', lost('EXPIRED')],
  ['poll-429(2)', video],
  ['poll-reset(2)', video],
  ['poll-hang(1)', video],
  ['poll-html(2)', video],
  ['poll-drip(1, 4s)', video],
  ['poll-bomb(1)', video],
  ['poll-redirect(2)', video],
  ['unknown-status(2)', video],
  ['unknown-status', lost('EXPIRED')],
  ['flap-failed', video],
  ['html-video(1)', video],
  ['html-video', lost('DOWNLOAD_INVALID', 'yes')],
  ['html-as-mp4(1)', video],
  ['truncated-video(1)', video],
  ['truncated-video', lost('DOWNLOAD_FAILED', 'yes')],
  ['short-video(1)', video],
  ['short-video', lost('DOWNLOAD_INVALID', 'yes')],
  ['empty-video(1)', video],
  ['no-length', video],
  ['redirect-origin', lost('DOWNLOAD_FAILED', 'yes')],
  ['redirect-canary', lost('DOWNLOAD_FAILED', 'yes')],
  ['file-404(1)', video],
  ['expired-url(1)', video],
  ['key-needed', video, 'simulated-gemini'],
  ['key-needed', lost('DOWNLOAD_FAILED', 'yes')],
  ['file-500(1)', video],
  ['file-reset(1)', video],
  ['file-hang(1)', video],
  ['drip-file(4s)', video],
  ['gzip-bomb(1)', video],
  ['slow-file(2s)', video],
  ['success-lies', lost('DOWNLOAD_FAILED', 'yes')],
  // An address that only the status word vouches for.
  ['success-lies + content-url', lost('EMPTY_RESULT'), 'form'],
  ['generated-videos', video, 'simulated-gemini'],
  ['flat-samples', video, 'simulated-gemini'],
  ['sample-object', video, 'simulated-gemini'],
  ['encoded-video', video, 'simulated-gemini'],
  ['other-model', video, 'simulated-gemini'],
  ['partial', lost('CONTENT_FILTERED', 'no'), 'simulated-gemini'],
  ['shape-1', video, 'simulated-openai-video'],
  ['shape-2', video, 'simulated-openai-video'],
  ['shape-3', video, 'simulated-openai-video'],
  ['shape-4', video, 'simulated-openai-video'],
  ['content-url', video, 'simulated-openai-video'],
  ['data-url', video, 'simulated-openai-video'],
  ['url-text + empty', lost('EMPTY_RESULT'), 'simulated-openai-video'],
  ['no-reason + failed', lost('PROVIDER_FAILED'), 'simulated-openai-video'],
  ['odd-id', video, 'simulated-openai-video'],
  ['other-id', video, 'simulated-openai-video'],
];

const nameOf = ([fault, , provider = 'simulated']: Row): string => `${provider} ${fault}`;

it('every fault of the gateway is here', () => {
  const tried = new Set(rows.flatMap(([fault]) => fault.split(' + ').map((one) => one.replace(/\(.*$/, ''))));
  expect(faultRows.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
});

beforeAll(async () => {
  stack = await TestStack.join('rough');
  for (const [index, [fault, , provider = 'simulated']] of rows.entries()) {
    const faults = fault.split(' + ').map((one) => `[[fault:${one}]]`);
    await stack.put('InboxBucketName', `${index}.jpg`, frame, {
      provider,
      prompt: `Row ${index}. ${faults.join(' ')}`,
      row: String(index),
      'aspect-ratio': '16:9',
    });
  }
}, 300_000);

afterAll(() => stack?.leave());

const isParked = ({ state }: JobSnapshot): boolean =>
  state.status === 'queued' && state.attention !== undefined;

const untilThere = (index: number, { is }: Outcome, seconds: number): Promise<JobSnapshot> =>
  stack.until(() => stack.jobBy('row', String(index)), is === 'parked' ? isParked : isOver, seconds);

const videoKeys = (index: number): Promise<string[]> => stack.videoKeys(`${index}.jpg`);

const expectVideo = async (index: number, outcome: Outcome & { is: 'video' }, { state }: JobSnapshot) => {
  expect(state).toMatchObject({ status: 'succeeded', attempt: outcome.attempt ?? 1 });
  expect(await videoKeys(index)).toEqual([`videos/${index}.jpg.job.json`, `videos/${index}.jpg.mp4`]);
  const inspector = new Mp4Inspector();
  inspector.push(await stack.readVideo(`videos/${index}.jpg.mp4`));
  expect(inspector.finish().durationSeconds).toBeGreaterThan(1);
  const { notes = [] } = await stack.manifest(`videos/${index}.jpg.mp4`);
  expect(notes).toEqual((outcome.notes ?? []).map((words) => expect.stringContaining(words)));
};

it.each(rows.map((row, index) => [nameOf(row), index, row] as const))(
  '%s',
  async (_, index, [, outcome]) => {
    const job = await untilThere(index, outcome, 280);
    const { state, events } = job;
    const tasks = await stack.ordered(`Row ${index}.`);
    if (outcome.is === 'video') await expectVideo(index, outcome, job);
    else expect(await videoKeys(index)).toEqual([]);
    switch (outcome.is) {
      case 'video':
        expect(tasks).toHaveLength(1);
        break;
      case 'unknown':
        expect(state).toMatchObject({ status: 'submit-unknown', attempt: 1 });
        expect(state.attention?.reason).toBe('SUBMIT_UNANSWERED');
        expect(events.at(-1)).toMatchObject({
          type: 'Video Job Needs Attention',
          priceMicros: expect.any(Number),
        });
        expect(tasks).toHaveLength(outcome.tasks);
        break;
      case 'parked':
        expect(state.attention?.reason).toBe(outcome.code);
        expect(tasks).toHaveLength(0);
        break;
      case 'free':
        expect(state).toMatchObject({ status: 'failed', failure: { code: outcome.code, charged: 'no' } });
        expect(state.attention).toBeUndefined();
        expect(tasks).toHaveLength(0);
        break;
      case 'lost': {
        const { code, charged } = outcome;
        expect(state).toMatchObject({ status: 'failed', failure: { code, charged } });
        // Money that is or may be gone is for a person to see.
        expect(state.attention?.reason).toBe(charged === 'no' ? undefined : code);
        expect(tasks).toHaveLength(1);
      }
    }
  },
  300_000,
);

it('nothing went to another origin', async () => {
  expect((await stack.ledger()).foreignRequests).toEqual([]);
});
