import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { succeed } from '../../../../core/jobs/ending.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import type { handler as AcceptUpload } from '../../../../lambdas/accept-upload.ts';
import type { handler as CheckJob } from '../../../../lambdas/check-job.ts';
import type { handler as Handler } from '../../../../lambdas/job-api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { buckets, startAws, type TestAws } from '../../../support/aws.ts';
import { putJob } from '../../../support/job-items.ts';
import { at, jobRequest, runtimeSettings, storingState } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';

export let aws: TestAws;
export let handler: typeof Handler;
export let acceptUpload: typeof AcceptUpload;
export let checkJob: typeof CheckJob;

/** The API function and those that meet a deleted job, for the tests of one file: call it before they are declared. */
export const setUpFiles = (): void => {
  beforeAll(async () => {
    aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
    ({ handler } = await import('../../../../lambdas/job-api.ts'));
    ({ handler: acceptUpload } = await import('../../../../lambdas/accept-upload.ts'));
    ({ handler: checkJob } = await import('../../../../lambdas/check-job.ts'));
  }, 120_000);
  afterAll(() => aws.stop());
};

export const owner = '111122223333:role/Shop';
const arnOf = (role: string) => `arn:aws:sts::111122223333:assumed-role/${role}/i-0abc`;

interface Call {
  readonly id?: string;
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly role?: string;
  readonly body?: unknown;
}
export const call = async (route: string, { id, headers = {}, query = {}, role = 'Shop', body }: Call) => {
  const answer: APIGatewayProxyStructuredResultV2 = await handler(
    apiEvent(route, {
      ...(id === undefined ? {} : { params: { id } }),
      headers,
      query,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      authorizer: signedBy(arnOf(role)),
    }),
    context,
  );
  return {
    status: answer.statusCode,
    headers: answer.headers ?? {},
    body: answer.body ? JSON.parse(answer.body) : undefined,
  };
};
export const askVideo = (id: string, { headers = {}, query = {}, role = 'Shop' }: Call = {}) =>
  call('GET /jobs/{id}/video', { id, headers, query, role });
export const remove = (id: string, role = 'Shop') => call('DELETE /jobs/{id}', { id, role });
export const show = (id: string) => call('GET /jobs/{id}', { id });

export const putFile = (key: string, body: string, jobId: string) =>
  aws.put(key, body, { 'job-id': jobId }, buckets.videos);

/** A job whose videos are stored, each with its words as content. */
export const stored = async (
  jobId: string,
  words: readonly string[],
  changes: Partial<JobState> = {},
): Promise<JobState> => {
  const key = changes.outputKey ?? `videos/${jobId}.mp4`;
  const keys = words.map((_, index) => (index === 0 ? key : key.replace('.mp4', `.${index + 1}.mp4`)));
  const files = await Promise.all(
    keys.map(async (each, index) => ({
      key: each,
      versionId: await putFile(each, words[index] ?? '', jobId),
    })),
  );
  const [first = { key, versionId: '' }, ...moreVideos] = files;
  const facts = { bytes: 1, sha256: 's', durationSeconds: 8, width: 1280, height: 720 };
  const { state } = succeed(
    storingState({ jobId, owner, outputKey: key, ...changes }),
    {
      video: { bucket: buckets.videos, ...first, ...facts },
      videoCount: words.length,
      moreVideos,
      costMicros: 800_000,
    },
    at(90),
  );
  await putJob(state, jobRequest());
  return state;
};
