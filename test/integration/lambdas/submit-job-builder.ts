import type { JobState } from '../../../core/jobs/job.ts';
import type { SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import type { handler as Handler } from '../../../lambdas/submit-job.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { forgetProvider, putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobParameters,
  jobRequest,
  providerSettings,
  runtimeSettings,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';
import { envelope, type ProviderServer, startProvider } from '../../support/provider-server.ts';

export let aws: TestAws;
export let provider: ProviderServer;
let handler: typeof Handler;

/** SubmitJob with its providers on the wire, for the tests of one file: call it before they are declared. */
export const setUpSubmitJob = (): void => {
  beforeAll(async () => {
    provider = await startProvider();
    aws = await startAws(
      runtimeSettings({
        providers: {
          simulated: providerSettings({
            submitBaseUrl: provider.url,
            allowPrivateAddresses: true,
            firstWaitSeconds: 7,
          }),
          google: providerSettings({
            dialect: 'gemini',
            submitBaseUrl: provider.url,
            allowPrivateAddresses: true,
            models: ['veo-3.1-fast-generate-preview'],
          }),
          relay: providerSettings({
            dialect: 'openai-video',
            submitBaseUrl: provider.url,
            allowPrivateAddresses: true,
            models: ['veo-3.1-fast-generate-preview'],
            options: { submitForm: 'multipart' },
          }),
          limited: providerSettings({
            submitBaseUrl: provider.url,
            allowPrivateAddresses: true,
            maxInFlight: 2,
            submitsPerMinute: 60,
          }),
          unfilled: providerSettings({ submitBaseUrl: provider.url, allowPrivateAddresses: true }),
          // Nothing listens on the discard port.
          closed: providerSettings({ submitBaseUrl: 'http://127.0.0.1:9', allowPrivateAddresses: true }),
        },
      }),
      { unfilled: ['unfilled'] },
    );
    ({ handler } = await import('../../../lambdas/submit-job.ts'));
  }, 120_000);
  afterAll(async () => {
    await provider.close();
    await aws.stop();
  });
  beforeEach(async () => {
    for (const id of ['simulated', 'google', 'relay', 'closed', 'limited', 'unfilled'])
      await forgetProvider(id);
    provider.seen.length = 0;
    provider.submit = envelope({ status: 'created' });
  });
};

export const frame = { mimeType: 'image/png', width: 320, height: 180, bytes: 1, sha256: 'x' };
let count = 0;
export const given = async (
  changes: Partial<JobState> = {},
  attempt?: SubmitAttempt,
  asked: { readonly provider?: string; readonly model?: string } = {},
) => {
  count += 1;
  const jobId = `job${count}`;
  const key = `ünï côdé/${jobId} +.png`;
  const versionId = await aws.put(key, png(320, 180));
  const createdAt = new Date().toISOString();
  await putJob(
    { ...acceptedState(), frame, createdAt, ...changes, jobId },
    jobRequest({
      startFrame: { bucket: buckets.inbox, key, versionId },
      parameters: { ...jobParameters, ...asked },
    }),
    attempt,
  );
  return jobId;
};
export const submit = (jobId: string) => handler({ jobId, run: 1 }, context);
export const posts = () => provider.seen.filter(({ method }) => method === 'POST');
