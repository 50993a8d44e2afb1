import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobState } from '../../../core/jobs/job.ts';
import type { SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import type { handler as Check } from '../../../lambdas/check-job.ts';
import type { handler as Finish } from '../../../lambdas/finish-job.ts';
import type { handler as Prepare } from '../../../lambdas/prepare-job.ts';
import type * as Operate from '../../../lambdas/shared/jobs/job-operations.ts';
import type { handler as StoreVideo } from '../../../lambdas/store-video.ts';
import type { handler as Submit } from '../../../lambdas/submit-job.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { forgetProvider, putJob } from '../../support/job-items.ts';
import { jobRequest, providerSettings, runtimeSettings } from '../../support/jobs.ts';
import { png } from '../../support/pictures.ts';
import {
  type Answer,
  envelope,
  file,
  type ProviderServer,
  startProvider,
} from '../../support/provider-server.ts';

// One job, several runs and persons at once: what was paid is recorded, and nothing is ordered twice.

export const video = readFileSync(join(__dirname, '../../fixtures/video/audio-video.mp4'));

export let aws: TestAws;
export let provider: ProviderServer;
export let prepare: typeof Prepare;
export let submit: typeof Submit;
export let check: typeof Check;
export let storeVideo: typeof StoreVideo;
export let finish: typeof Finish;
export let operate: typeof Operate;

/** The steps of a job and what persons do to it, for the tests of one file: call it before they are declared. */
export const setUpRuns = (): void => {
  beforeAll(async () => {
    provider = await startProvider();
    aws = await startAws(
      runtimeSettings({
        providers: {
          simulated: providerSettings({ submitBaseUrl: provider.url, allowPrivateAddresses: true }),
          relay: providerSettings({
            dialect: 'openai-video',
            // The server here takes what begins with /api/ for a question.
            submitBaseUrl: `${provider.url}/api`,
            allowPrivateAddresses: true,
            models: ['veo-3.1-fast-generate-preview'],
            options: {
              submitForm: 'multipart',
              cancel: { method: 'POST', path: '/v1/video/generations/{id}/cancel' },
            },
          }),
        },
      }),
    );
    ({ handler: prepare } = await import('../../../lambdas/prepare-job.ts'));
    ({ handler: submit } = await import('../../../lambdas/submit-job.ts'));
    ({ handler: check } = await import('../../../lambdas/check-job.ts'));
    ({ handler: storeVideo } = await import('../../../lambdas/store-video.ts'));
    ({ handler: finish } = await import('../../../lambdas/finish-job.ts'));
    operate = await import('../../../lambdas/shared/jobs/job-operations.ts');
  }, 120_000);
  afterAll(async () => {
    await provider.close();
    await aws.stop();
  });
  beforeEach(async () => {
    await forgetProvider('simulated');
    await forgetProvider('relay');
    provider.seen.length = 0;
    provider.submit = envelope({ status: 'created' });
    provider.check = envelope({ status: 'processing' });
    provider.download = file(video);
  });
};

const frame = { mimeType: 'image/png', width: 320, height: 180, bytes: 1, sha256: 'x' };
let count = 0;
export const given = async (state: JobState, attempt?: SubmitAttempt): Promise<string> => {
  count += 1;
  const jobId = `job${count}`;
  const versionId = await aws.put(`${jobId}.png`, png(320, 180));
  const fresh = { createdAt: new Date().toISOString(), outputKey: `videos/${jobId}.png.mp4` };
  const submitted = state.submittedAt ? { submittedAt: new Date().toISOString() } : {};
  const mustDownload = state.mustDownloadBy
    ? { mustDownloadBy: new Date(Date.now() + 3_600_000).toISOString() }
    : {};
  await putJob(
    { ...state, frame, ...fresh, ...submitted, ...mustDownload, jobId },
    jobRequest({ startFrame: { bucket: 'test-inbox', key: `${jobId}.png`, versionId } }),
    attempt,
  );
  return jobId;
};
export const run = (jobId: string, number = 1) => ({ jobId, run: number });
export const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;
export const posts = () => provider.seen.filter(({ method }) => method === 'POST');

/** Answers only when it is let go. */
export const held = (answer: Answer): { answer: Answer; letGo: () => void; asked: Promise<void> } => {
  let letGo = () => {};
  let isAsked = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  return {
    letGo: () => letGo(),
    asked,
    answer: (response, request) => {
      isAsked();
      void gate.then(() => answer(response, request));
    },
  };
};
