import * as z from 'zod';
import type { handler as Handler } from '../../../../lambdas/job-api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { buckets, startAws, type TestAws } from '../../../support/aws.ts';
import { providerSettings, runtimeSettings } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';
import { png } from '../../../support/pictures.ts';

export let aws: TestAws;
let handler: typeof Handler;

export const shop = '111122223333:role/Shop';
export const onCall = '111122223333:role/OnCall';

/** The API function with budgets and a provider that is soon busy, for the tests of one file: call it before they are declared. */
export const setUpOrdering = (): void => {
  beforeAll(async () => {
    aws = await startAws(
      runtimeSettings({
        admins: [onCall],
        sharedFrames: false,
        maxFrameBytes: 20_000,
        budgets: { owners: { [shop]: { dailyDollars: 2 }, '111122223333:role/Poor': { dailyDollars: 0.5 } } },
        privateFrameOrigins: ['http://10.0.0.7:8080'],
        providers: {
          simulated: providerSettings(),
          busy: providerSettings({ models: ['veo3'], maxInFlight: 1 }),
        },
      }),
    );
    ({ handler } = await import('../../../../lambdas/job-api.ts'));
    await aws.put('shoe.png', png());
    await aws.put('by-hand.png', png(), {}, buckets.frames);
  }, 120_000);
  afterAll(() => aws.stop());
};

export const call = async (
  routeKey: string,
  { body, owner = shop, headers = {} }: { body?: unknown; owner?: string; headers?: Record<string, string> },
) => {
  const event = apiEvent(routeKey, {
    headers,
    authorizer: signedBy(`arn:aws:sts::${owner.replace(':role/', ':assumed-role/')}/session`),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await handler(event, context);
  return { status: answer.statusCode, headers: answer.headers ?? {}, text: answer.body ?? '' };
};

export const Job = z.looseObject({ jobId: z.string() });
export const order = (body: unknown, owner = shop, headers = {}) =>
  call('POST /jobs', { body, owner, headers });
export const requestOf = async (text: string) => (await aws.items(Job.parse(JSON.parse(text)).jobId)).REQUEST;
