import fc from 'fast-check';
import * as z from 'zod';
import { openApiDocument } from '../../../../core/api/openapi.ts';
import { Problem } from '../../../../core/api/problem.ts';
import { NoBody, type Route, routeKeyOf } from '../../../../core/api/route.ts';
import { operationIds, routes } from '../../../../core/api/routes.ts';
import { type Api, loadApi } from '../../../support/api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { startAws, type TestAws } from '../../../support/aws.ts';
import { putJob } from '../../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';
import { valuesOf } from '../../../support/schema-arbitrary.ts';
import { startWebhooks } from '../../../support/webhooks.ts';

// The small sister of `npm run fuzz`, without Python: whatever a route is sent, it answers as its document says.

const RUNS = 40;
const SEED = 1;

let aws: TestAws;
let handler: Api;
beforeAll(async () => {
  aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
  await startWebhooks();
  handler = await loadApi();
  await putJob(acceptedState({ jobId: 'job1', owner: '111122223333:role/Shop' }), jobRequest());
}, 120_000);
afterAll(() => aws.stop());

const authorizer = signedBy('arn:aws:sts::111122223333:assumed-role/OnCall/ann');

const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        responses: z.record(
          z.string(),
          z.looseObject({ content: z.record(z.string(), z.unknown()).optional() }),
        ),
      }),
    ),
  ),
});
const document = Document.parse(openApiDocument());

/** Of a header or a query: texts of one line, as only those arrive. */
const texts = (schema: z.ZodType): fc.Arbitrary<Record<string, string>> =>
  valuesOf(schema).map((value) =>
    Object.fromEntries(
      Object.entries(z.record(z.string(), z.unknown()).catch({}).parse(value)).map(([name, each]) => [
        name,
        (typeof each === 'string' ? each : JSON.stringify(each)).replaceAll(/[\r\n\0]/g, ' ').toWellFormed(),
      ]),
    ),
  );

const requestsOf = (route: Route) =>
  fc.record({
    id: fc.oneof(
      fc.constantFrom('job1', 'simulated', 'constructor', '%', '..'),
      fc.string({ unit: 'binary', minLength: 1 }),
    ),
    query: texts(route.query),
    headers: texts(route.headers),
    body:
      route.body === NoBody
        ? fc.constant(undefined)
        : fc.oneof(
            { weight: 6, arbitrary: valuesOf(route.body).map((value) => JSON.stringify(value)) },
            { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
          ),
  });

describe.each(operationIds.map((id): [string, Route] => [routeKeyOf(routes[id]), routes[id]]))(
  '%s',
  (key, route) => {
    it('answers as its document says, and never with a 5xx', async () => {
      const told = document.paths[route.path]?.[route.method.toLowerCase()]?.responses ?? {};
      await fc.assert(
        fc.asyncProperty(requestsOf(route), async ({ id, query, headers, body }) => {
          const answer = await handler(
            apiEvent(key, {
              authorizer,
              query,
              headers,
              ...(route.path.includes('{') ? { params: { id: id.toWellFormed() } } : {}),
              ...(body === undefined ? {} : { body }),
            }),
            context,
          );
          const status = answer.statusCode ?? 0;
          expect(status).toBeLessThan(500);
          expect(Object.keys(told)).toContain(String(status));
          const good = route.answers[status];
          if (good && good.body === undefined) return;
          expect(Object.keys(told[status]?.content ?? {})).toContain(answer.headers?.['content-type']);
          const parsed = (good?.body ?? Problem).safeParse(JSON.parse(answer.body ?? ''));
          expect(parsed.error?.issues).toBeUndefined();
        }),
        { numRuns: RUNS, seed: SEED },
      );
    }, 60_000);
  },
);
