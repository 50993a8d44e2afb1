import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import type { JobState } from '../../../core/jobs/job.ts';
import type { handler as Handler } from '../../../lambdas/store-video.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { putJob } from '../../support/job-items.ts';
import { jobRequest, providerSettings, runtimeSettings, storingState } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { envelope, file, type ProviderServer, startProvider } from '../../support/provider-server.ts';

export const video = readFileSync(join(__dirname, '../../fixtures/video/audio-video.mp4'));
export const sha256 = createHash('sha256').update(video).digest('hex');

export let aws: TestAws;
export let provider: ProviderServer;
export let elsewhere: ProviderServer;
let handler: typeof Handler;

/** StoreVideo with its providers on the wire, for the tests of one file: call it before they are declared. */
export const setUpStoreVideo = (): void => {
  beforeAll(async () => {
    provider = await startProvider();
    elsewhere = await startProvider();
    aws = await startAws(
      runtimeSettings({
        providers: {
          simulated: providerSettings({ submitBaseUrl: provider.url, allowPrivateAddresses: true }),
          google: providerSettings({
            dialect: 'gemini',
            // The server here takes what begins with /api/ for a question.
            submitBaseUrl: `${provider.url}/api`,
            allowPrivateAddresses: true,
            models: ['veo-3.1-fast-generate-preview'],
          }),
          relay: providerSettings({
            dialect: 'openai-video',
            submitBaseUrl: `${provider.url}/api`,
            allowPrivateAddresses: true,
            models: ['veo-3.1-fast-generate-preview'],
            options: { submitForm: 'multipart' },
          }),
        },
      }),
    );
    ({ handler } = await import('../../../lambdas/store-video.ts'));
  }, 120_000);
  afterAll(async () => {
    await provider.close();
    await elsewhere.close();
    await aws.stop();
  });
  beforeEach(() => {
    provider.seen.length = 0;
    elsewhere.seen.length = 0;
    provider.check = envelope({ status: 'completed', outputs: [`${provider.url}/v.mp4`] });
    provider.download = file(video);
  });
};

export let count = 0;
export const given = async (changes: Partial<JobState> = {}) => {
  count += 1;
  const jobId = `job${count}`;
  await putJob(
    {
      ...storingState(),
      outputKey: `videos/${jobId} ü+.png.mp4`,
      ...changes,
      jobId,
    },
    jobRequest(),
  );
  return jobId;
};
export const store = (jobId: string) => handler({ jobId, run: 1 }, context);
export const keysOf = async (jobId: string): Promise<string[]> => {
  const { Versions = [] } = await aws.s3.send(
    new ListObjectVersionsCommand({ Bucket: buckets.videos, Prefix: `videos/${jobId} ` }),
  );
  return Versions.map(({ Key = '' }) => Key).sort();
};
export const read = async (key: string): Promise<Buffer> => {
  const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: buckets.videos, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
export const downloads = () => provider.seen.filter(({ path }) => path === '/v.mp4');
