import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { z } from 'zod';
import type { handler as Handler } from '../../../lambdas/job-api.ts';
import { apiEvent, signedBy } from '../../support/api-event.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { providerSettings, runtimeSettings } from '../../support/jobs.ts';
import { png } from '../../support/pictures.ts';

export let aws: TestAws;
export let handler: typeof Handler;

/** The API function with its admins and providers, for the tests of one file: call it before they are declared. */
export const setUpApi = (): void => {
  beforeAll(async () => {
    aws = await startAws(
      runtimeSettings({
        admins: ['111122223333:role/OnCall'],
        providers: {
          simulated: providerSettings(),
          google: providerSettings({ dialect: 'gemini', models: ['veo-3.1-generate-preview'] }),
        },
      }),
    );
    ({ handler } = await import('../../../lambdas/job-api.ts'));
    await aws.put('shoe.png', png());
    await aws.put('last.png', png(), {}, buckets.frames);
  }, 120_000);
  afterAll(() => aws.stop());
};

export const shop = 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc';
export const stranger = 'arn:aws:iam::111122223333:user/somebody';

export const event = (
  routeKey: string,
  {
    body,
    id,
    headers = {},
    userArn = shop,
  }: { body?: string; id?: string; headers?: Record<string, string>; userArn?: string | undefined },
): APIGatewayProxyEventV2 =>
  apiEvent(routeKey, {
    headers,
    ...(userArn ? { authorizer: signedBy(userArn) } : {}),
    ...(body === undefined ? {} : { body }),
    ...(id === undefined ? {} : { params: { id } }),
  });

const Body = z.looseObject({
  jobId: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
});
export const read = (answer: APIGatewayProxyStructuredResultV2) => ({
  status: answer.statusCode,
  headers: answer.headers ?? {},
  body: Body.parse(JSON.parse(answer.body ?? '')),
});
