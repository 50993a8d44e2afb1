import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobView } from '../../../../core/api/job-view.ts';
import { adviceOn } from '../../../../core/jobs/attention.ts';
import { fail, succeed } from '../../../../core/jobs/ending.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import { acceptedState, at, jobRequest, runningState, storingState, T0 } from '../../../support/jobs.ts';

const needing = (reason: string, state: JobState = runningState()): JobState => ({
  ...state,
  attention: { reason, since: T0 },
});
const failure = {
  code: 'EXPIRED',
  message: 'm',
  advice: 'Look at the invoice.',
  charged: 'unknown',
} as const;

const matters: [string, JobState, string, RegExp][] = [
  ['a late job', needing('OVERDUE'), 'overdue', /Do nothing/],
  ['two orders', needing('SECOND_TASK'), 'submit-unknown', /both may cost/],
  ['a workflow that stopped', needing('WORKFLOW_STOPPED'), 'workflow-stopped', /redrive the job/],
  ['a download that failed', needing('DOWNLOAD_FAILED', storingState()), 'downloads-failing', /paid for/],
  ['a download that is none', needing('DOWNLOAD_INVALID', storingState()), 'downloads-failing', /paid for/],
  [
    'an order nobody answered, in whatever words',
    needing('ProviderUnavailable: POST …', acceptedState({ status: 'submit-unknown' })),
    'submit-unknown',
    /confirmResubmit/,
  ],
  [
    'a provider that is parked',
    needing('PROVIDER_BALANCE', acceptedState({ status: 'queued' })),
    'circuit-open',
    /Top up the account at provider simulated/,
  ],
  [
    'an ending that may have cost',
    fail(runningState(), failure, at(9)).state,
    'redrive',
    /Look at the invoice/,
  ],
  ['what nobody foresaw', needing('constructor'), 'inspecting-a-job', /timeline/],
];

it.each(matters)('%s: what to do, and where it is written', (_, state, runbook, words) => {
  expect(adviceOn(state)).toEqual({ whatToDo: expect.stringMatching(words), runbook });
  expect(jobView({ state, request: jobRequest() }).advice).toEqual(adviceOn(state));
});

it('a job that needs nobody has no advice', () => {
  expect(adviceOn(runningState())).toBeUndefined();
  const video = { bucket: 'b', key: 'k', bytes: 1, sha256: 's', durationSeconds: 8, width: 1, height: 1 };
  const made = succeed(needing('OVERDUE', storingState()), { video, videoCount: 1, costMicros: 1 }, at(90));
  expect(adviceOn(made.state)).toBeUndefined();
});

it('every page of the runbook that is named is there', () => {
  const runbook = readFileSync(join(__dirname, '../../../../docs/runbook.md'), 'utf8');
  const headings = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(' ', '-'),
  );
  for (const [, , page] of matters) expect(headings).toContain(page);
});
