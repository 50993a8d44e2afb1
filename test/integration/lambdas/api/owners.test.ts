import * as z from 'zod';
import { routeKeyOf } from '../../../../core/api/route.ts';
import { type OperationId, operationIds, routes } from '../../../../core/api/routes.ts';
import { type Api, loadApi } from '../../../support/api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { startAws, type TestAws } from '../../../support/aws.ts';
import { itemsOf } from '../../../support/job-items.ts';
import { runtimeSettings } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';
import { startWebhooks } from '../../../support/webhooks.ts';

const shop = signedBy('arn:aws:sts::111122223333:assumed-role/Shop/i-0abc');
const stranger = signedBy('arn:aws:iam::111122223333:user/somebody');
const admin = signedBy('arn:aws:sts::111122223333:assumed-role/OnCall/ann');

/** Operations whose path names a thing, such as `/jobs/{id}`. */
type OperationOnThing = {
  [Id in OperationId]: (typeof routes)[Id]['path'] extends `${string}{${string}` ? Id : never;
}[OperationId];

/**
 * Each of them with whose thing it is. A route that is added has to be added here, or neither the types nor the first test agree.
 */
const things: Readonly<Record<OperationOnThing, 'a job' | 'a batch' | 'for admins'>> = {
  showJob: 'a job',
  cancelJob: 'a job',
  redriveJob: 'a job',
  showVideo: 'a job',
  deleteJob: 'a job',
  redeliverWebhook: 'a job',
  showBatch: 'a batch',
  listBatchJobs: 'a batch',
  pauseProvider: 'for admins',
  resumeProvider: 'for admins',
};

let aws: TestAws;
let handler: Api;

beforeAll(async () => {
  aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
  await startWebhooks();
  handler = await loadApi();
  const prompt = 'A shoe turns.';
  job = z.object({ jobId: z.string() }).parse(await order('POST /jobs', { prompt })).jobId;
  const ordered = await order('POST /batches', { jobs: [{ prompt }] });
  batch = z.object({ batchId: z.string() }).parse(ordered).batchId;
}, 120_000);
afterAll(() => aws.stop());

let job: string;
let batch: string;

const order = async (route: string, body: unknown): Promise<unknown> => {
  const answer = await handler(apiEvent(route, { authorizer: shop, body: JSON.stringify(body) }), context);
  return JSON.parse(answer.body ?? '');
};

const call = async (
  id: OperationId,
  thing: string | undefined,
  authorizer: unknown,
  query: Record<string, string> = {},
) => {
  const answer = await handler(
    apiEvent(routeKeyOf(routes[id]), {
      authorizer,
      query,
      ...(thing === undefined ? {} : { params: { id: thing } }),
    }),
    context,
  );
  return { status: answer.statusCode ?? 0, text: answer.body ?? '' };
};

const thingOf = (id: OperationId) => (routes[id].path.includes('{') ? 'simulated' : undefined);

const isOf = (whose: string) => (id: OperationId) =>
  Object.entries(things).some(([known, of]) => known === id && of === whose);
const named = operationIds.filter((id) => routes[id].path.includes('{'));

it('every route that names a thing is in the table', () => {
  expect(Object.keys(things).sort()).toEqual([...named].sort());
});

describe.each([
  { kind: 'a job', thing: () => job, partition: () => `J#${job}` },
  { kind: 'a batch', thing: () => batch, partition: () => `BATCH#${batch}` },
])('$kind of somebody else', ({ kind, thing, partition }) => {
  const stored = () => itemsOf(partition());

  it.each(named.filter(isOf(kind)))(
    'to %s is as if it were not there, and nothing happens to it',
    async (id) => {
      const items = await stored();
      const answer = await call(id, thing(), stranger);
      expect(answer.status).toBe(404);
      const missing = await call(id, 'no-such-thing-here', stranger);
      expect(answer.text.replaceAll(thing(), '…')).toBe(missing.text.replaceAll('no-such-thing-here', '…'));
      expect(await stored()).toEqual(items);
    },
  );

  it.each(named.filter(isOf(kind)))('to %s is its owner’s, and an admin’s', async (id) => {
    for (const caller of [shop, admin])
      expect([403, 404]).not.toContain((await call(id, thing(), caller)).status);
  });

  it('is in no answer of any other route, also to who names the owner', async () => {
    const others = operationIds.filter(
      (id) => routes[id].access === 'owner' && !routes[id].path.includes('{'),
    );
    for (const id of others)
      for (const query of [{}, { owner: '111122223333:role/Shop' }])
        expect((await call(id, undefined, stranger, query)).text).not.toContain(thing());
  });
});

// It could be in an answer.
it('somebody’s job is listed for them, and for an admin who names them', async () => {
  expect((await call('listJobs', undefined, shop)).text).toContain(job);
  expect((await call('listJobs', undefined, admin, { owner: '111122223333:role/Shop' })).text).toContain(job);
});

describe('what is for admins', () => {
  it('names no provider that every object has', async () => {
    expect((await call('pauseProvider', 'constructor', admin)).status).toBe(404);
  });

  it.each(operationIds.filter((id) => routes[id].access === 'admin'))(
    '%s is refused to all others',
    async (id) => {
      expect((await call(id, thingOf(id), shop)).status).toBe(403);
      expect((await call(id, thingOf(id), admin)).status).toBe(200);
    },
  );
});
