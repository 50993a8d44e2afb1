import * as z from 'zod';
import { derivedKey, writtenKey } from '../../../../core/webhooks/signature.ts';
import type { handler as JobApi } from '../../../../lambdas/job-api.ts';
import type { handler as WebhookApi } from '../../../../lambdas/webhook-api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { buckets, startAws, type TestAws } from '../../../support/aws.ts';
import { putItem, putJob } from '../../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';
import { png } from '../../../support/pictures.ts';
import { startWebhooks, type TestWebhooks } from '../../../support/webhooks.ts';

let aws: TestAws;
let webhooks: TestWebhooks;
let jobApi: typeof JobApi;
let webhookApi: typeof WebhookApi;

beforeAll(async () => {
  aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
  webhooks = await startWebhooks();
  ({ handler: jobApi } = await import('../../../../lambdas/job-api.ts'));
  ({ handler: webhookApi } = await import('../../../../lambdas/webhook-api.ts'));
  await aws.put('shoe.png', png());
}, 120_000);
afterAll(() => aws?.stop());

const shop = 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc';
const stranger = 'arn:aws:iam::111122223333:user/somebody';
const admin = 'arn:aws:sts::111122223333:assumed-role/OnCall/ann';

interface Asked {
  readonly id?: string;
  readonly body?: unknown;
  readonly query?: Record<string, string>;
  readonly userArn?: string;
}

const Answer = z.looseObject({ jobId: z.string().optional() });

const call = async (
  handler: typeof JobApi,
  routeKey: string,
  { id, body, query, userArn = shop }: Asked = {},
) => {
  const event = apiEvent(routeKey, {
    authorizer: signedBy(userArn),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(id === undefined ? {} : { params: { id } }),
    ...(query === undefined ? {} : { query }),
  });
  const answer = await handler(event, context);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: Answer.parse(JSON.parse(answer.body ?? '')),
    text: answer.body ?? '',
  };
};

const order = (webhookUrl: unknown) =>
  call(jobApi, 'POST /jobs', { body: { frame: { s3Uri: `s3://${buckets.inbox}/shoe.png` }, webhookUrl } });
const show = (id: string, userArn = shop) => call(jobApi, 'GET /jobs/{id}', { id, userArn });
const redeliver = (id: string, asked: Asked = {}) =>
  call(webhookApi, 'POST /jobs/{id}/webhook-redeliver', { id, ...asked });

const secretUrl = 'https://hooks.example/services/T0/secretpath?token=hidden';

describe('an order that names a webhook', () => {
  it('keeps it to itself: the job shows its host, and its events only that there is one', async () => {
    const { status, body, text } = await order(secretUrl);
    expect(status).toBe(202);
    expect(body).toMatchObject({ webhook: { host: 'hooks.example' } });
    const items = await aws.items(body.jobId ?? '');
    expect(items.REQUEST).toMatchObject({ webhookUrl: secretUrl });
    expect(items['EVENT#000001']).toMatchObject({ webhook: true });
    const seen = [
      text,
      (await show(body.jobId ?? '')).text,
      JSON.stringify([items.STATE, items['EVENT#000001']]),
    ];
    expect(seen.join()).not.toMatch(/hidden|secretpath/);
  });

  it.each([
    'http://shop.example/',
    'https://10.0.0.1/',
    'https://2130706433/',
    'https://a:b@shop.example/',
    '',
  ])('is refused where nobody would call it: %j', async (url) => {
    const answer = await order(url);
    expect(answer).toMatchObject({
      status: 400,
      body: { title: 'INVALID_PARAMETERS', errors: [{ field: 'webhookUrl' }] },
    });
  });

  it('is refused where it is no text', async () => expect((await order(5)).status).toBe(400));

  it('and one that names none says nothing of it', async () => {
    const { body } = await order(undefined);
    expect(body).not.toHaveProperty('webhook');
    expect((await aws.items(body.jobId ?? ''))['EVENT#000001']).not.toHaveProperty('webhook');
  });
});

describe('deliveries', () => {
  it('stand on the job, in their order', async () => {
    const { body } = await order(secretUrl);
    const delivery = {
      eventId: `${body.jobId}:3`,
      sequence: 3,
      type: 'Video Job Succeeded',
      at: '2026-01-01T00:00:00.000Z',
      host: 'hooks.example',
    };
    const pk = `J#${body.jobId}`;
    const retrying = { ...delivery, attempt: 1, outcome: 'retrying', status: 500, nextAt: delivery.at };
    const delivered = { ...delivery, attempt: 2, outcome: 'delivered', status: 200 };
    await putItem({ pk, sk: 'DELIVERY#000003#002', ...delivered, expiresAt: 1 });
    await putItem({ pk, sk: 'DELIVERY#000003#001', ...retrying, expiresAt: 1 });
    expect((await show(body.jobId ?? '')).body.webhook).toEqual({
      host: 'hooks.example',
      deliveries: [retrying, delivered],
    });
  });
});

describe('once more', () => {
  const newJob = async (webhookUrl: string | undefined, types: readonly string[]) => {
    const jobId = `told${Math.random()}`.replace('.', '');
    await putJob(
      acceptedState({ jobId, owner: '111122223333:role/Shop' }),
      jobRequest(webhookUrl === undefined ? {} : { webhookUrl }),
    );
    for (const [index, type] of types.entries())
      await putItem({
        pk: `J#${jobId}`,
        sk: `EVENT#00000${index + 1}`,
        schemaVersion: 1,
        eventId: `${jobId}:${index + 1}`,
        type,
        sequence: index + 1,
        jobId,
        run: 1,
        owner: '111122223333:role/Shop',
        status: 'succeeded',
        actor: 'startframe',
        at: '2026-01-01T00:00:00.000Z',
        metadata: {},
        sha256: 'abc',
        due: 'DUE#0',
        dueAt: '2026-01-01T00:05:00.000Z',
      });
    return jobId;
  };
  const queued = async () => (await webhooks.waiting()).map((text): unknown => JSON.parse(text));

  it('sends the last event that webhooks are told of, as the bus would have it', async () => {
    const jobId = await newJob(secretUrl, ['Video Job Accepted', 'Video Job Failed', 'Video Job Restarted']);
    expect(await redeliver(jobId)).toMatchObject({
      status: 202,
      body: { jobId, webhook: { deliveries: [] } },
    });
    expect(await queued()).toEqual([
      {
        'detail-type': 'Video Job Failed',
        redelivery: true,
        detail: expect.objectContaining({ eventId: `${jobId}:2`, sha256: 'abc' }),
      },
    ]);
    expect(JSON.stringify(await queued())).not.toMatch(/"(pk|sk|due|dueAt|type)"/);
  });

  it('sends the event that is named', async () => {
    const jobId = await newJob(secretUrl, ['Video Job Accepted', 'Video Job Succeeded']);
    expect((await redeliver(jobId, { body: { eventId: `${jobId}:1` } })).status).toBe(202);
    expect(await queued()).toMatchObject([{ 'detail-type': 'Video Job Accepted' }]);
  });

  it('is nothing where nobody is to be told, or nothing happened, or the event is another job’s', async () => {
    const silent = await newJob(undefined, ['Video Job Succeeded']);
    expect(await redeliver(silent)).toMatchObject({ status: 409, body: { title: 'NO_WEBHOOK' } });
    const early = await newJob(secretUrl, ['Video Job Accepted']);
    expect(await redeliver(early)).toMatchObject({ status: 409, body: { title: 'NOTHING_TO_DELIVER' } });
    expect((await redeliver(early, { body: { eventId: `${silent}:1` } })).status).toBe(404);
    expect((await redeliver(early, { body: { eventId: 5 } })).status).toBe(400);
    expect(await queued()).toEqual([]);
  });

  it('is its owner’s and an admin’s to ask for', async () => {
    const jobId = await newJob(secretUrl, ['Video Job Succeeded']);
    expect((await redeliver(jobId, { userArn: stranger })).status).toBe(404);
    expect(await queued()).toEqual([]);
    expect((await redeliver(jobId, { userArn: admin })).status).toBe(202);
    expect(await queued()).toHaveLength(1);
  });
});

describe('the keys', () => {
  const keys = (asked: Asked = {}) => call(webhookApi, 'GET /webhooks/secret', asked);
  const keyOf = (owner: string) => writtenKey(derivedKey('the-first-secret', owner));

  it('are the caller’s own, and kept nowhere on the way', async () => {
    const { status, headers, body } = await keys();
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(body).toEqual({ owner: '111122223333:role/Shop', keys: [keyOf('111122223333:role/Shop')] });
    expect((await keys({ userArn: stranger })).body.keys).not.toEqual(body.keys);
  });

  it('of somebody else are for admins', async () => {
    expect((await keys({ query: { owner: 'drop' } })).status).toBe(403);
    const { body } = await keys({ query: { owner: 'drop' }, userArn: admin });
    expect(body).toEqual({ owner: 'drop', keys: [keyOf('drop')] });
  });
});

it('other routes are not served beside those', async () =>
  expect((await call(webhookApi, 'POST /jobs', { body: {} })).status).toBe(404));
