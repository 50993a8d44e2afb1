import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { z } from 'zod';
import type { JobState } from '../../../../core/jobs/job.ts';
import type { handler as Handler } from '../../../../lambdas/job-api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { startAws, type TestAws } from '../../../support/aws.ts';
import { putJob } from '../../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';

let aws: TestAws;
let handler: typeof Handler;

/** The API function with an admin, for the tests of one file: call it before they are declared. */
export const setUpFinding = (): void => {
  beforeAll(async () => {
    aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
    ({ handler } = await import('../../../../lambdas/job-api.ts'));
  }, 120_000);
  afterAll(() => aws.stop());
};

const arnOf = (role: string) => `arn:aws:sts::111122223333:assumed-role/${role}/i-0abc`;
export const ownerOf = (role: string) => `111122223333:role/${role}`;

const read = (answer: APIGatewayProxyStructuredResultV2) => ({
  status: answer.statusCode,
  body: JSON.parse(answer.body ?? ''),
});
export const ask = async (path: string, query: Record<string, string>, role = 'Shop') =>
  read(await handler(apiEvent(`GET ${path}`, { query, authorizer: signedBy(arnOf(role)) }), context));

export const bodyOf = <Body extends z.ZodType>(
  route: { readonly answers: { readonly 200: { readonly body: Body } } },
  { status, body }: { status: number | undefined; body: unknown },
) => {
  expect({ status, body }).toMatchObject({ status: 200 });
  return route.answers[200].body.parse(body);
};

let count = 0;
export const put = async (changes: Partial<JobState>, state = acceptedState): Promise<string> => {
  count += 1;
  const jobId = `job${String(count).padStart(4, '0')}`;
  await putJob(state({ owner: ownerOf('Shop'), jobId, ...changes }), jobRequest());
  return jobId;
};
