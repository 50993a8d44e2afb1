import { Webhook } from 'standardwebhooks';
import { Delivery } from '../../../core/webhooks/delivery.ts';
import { derivedKey, writtenKey } from '../../../core/webhooks/signature.ts';
import type { handler as Handler } from '../../../lambdas/deliver-webhook.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { freePort } from '../../support/free-port.ts';
import { putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings } from '../../support/jobs.ts';
import { startReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';
import { startWebhooks, type TestWebhooks } from '../../support/webhooks.ts';

let aws: TestAws;
let webhooks: TestWebhooks;
let handler: typeof Handler;
let receiver: WebhookReceiver;
let stageReceiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await startReceiver();
  stageReceiver = await startReceiver();
  aws = await startAws(
    runtimeSettings({
      webhooks: { url: stageReceiver.url, events: ['Video Job Succeeded'], allowPrivateAddresses: true },
    }),
  );
  webhooks = await startWebhooks();
  ({ handler } = await import('../../../lambdas/deliver-webhook.ts'));
}, 120_000);
afterAll(async () => {
  await aws?.stop();
  await receiver.close();
  await stageReceiver.close();
});
beforeEach(() => {
  receiver.delivered.length = 0;
  receiver.answers.length = 0;
  stageReceiver.delivered.length = 0;
});

let jobs = 0;
const newJob = async (webhookUrl: string | undefined = `${receiver.url}?token=hidden`): Promise<string> => {
  jobs += 1;
  const jobId = `job${jobs}`;
  await putJob(acceptedState({ jobId }), jobRequest(webhookUrl === '' ? {} : { webhookUrl }));
  return jobId;
};

const event = (jobId: string, sequence = 3, more: Record<string, unknown> = {}) => ({
  version: '0',
  id: 'id',
  'detail-type': 'Video Job Succeeded',
  source: 'startframe',
  detail: {
    schemaVersion: 1,
    eventId: `${jobId}:${sequence}`,
    sequence,
    jobId,
    run: 1,
    owner: 'drop',
    status: 'succeeded',
    actor: 'startframe',
    at: '2026-01-01T00:00:00.000Z',
    metadata: {},
    webhook: true,
    sha256: 'abc',
  },
  ...more,
});

/** Answers how many messages come again. */
const deliver = async (body: unknown, ageSeconds = 0): Promise<number> => {
  const record = await webhooks.receive(body, ageSeconds);
  return (await handler({ Records: [record] })).batchItemFailures.length;
};

const deliveries = async (jobId: string): Promise<Delivery[]> =>
  Object.entries(await aws.items(jobId))
    .filter(([sk]) => sk.startsWith('DELIVERY#'))
    .map(([, item]) => Delivery.parse(item));

it('tells the job’s receiver, signed with the key of its owner, and notes it', async () => {
  const jobId = await newJob();
  expect(await deliver(event(jobId))).toBe(0);
  const [told] = receiver.delivered;
  const ownKey = new Webhook(writtenKey(derivedKey('the-first-secret', 'drop')));
  expect(ownKey.verify(told?.body ?? '', told?.headers ?? {})).toEqual({
    type: 'video_job.succeeded',
    timestamp: '2026-01-01T00:00:00.000Z',
    data: expect.objectContaining({ jobId, eventId: `${jobId}:3`, sha256: 'abc' }),
  });
  expect(told?.headers['webhook-id']).toBe(`${jobId}:3`);
  const otherKey = new Webhook(writtenKey(derivedKey('the-first-secret', 'somebody')));
  expect(() => otherKey.verify(told?.body ?? '', told?.headers ?? {})).toThrow();
  const items = await aws.items(jobId);
  expect(items['DELIVERY#000003#001']).toMatchObject({
    outcome: 'delivered',
    status: 204,
    attempt: 1,
    host: new URL(receiver.url).host,
    expiresAt: expect.any(Number),
  });
  expect(JSON.stringify(await deliveries(jobId))).not.toContain('hidden');
  expect(stageReceiver.delivered).toEqual([]);
});

it('tells the stage’s receiver of a job that names none, with the stage’s key', async () => {
  const jobId = await newJob('');
  expect(await deliver(event(jobId))).toBe(0);
  const [told] = stageReceiver.delivered;
  const key = new Webhook(writtenKey(derivedKey('the-first-secret')));
  expect(() => key.verify(told?.body ?? '', told?.headers ?? {})).not.toThrow();
});

it('tries again what was not taken, and counts', async () => {
  const jobId = await newJob();
  receiver.answers.push({ status: 500 }, { status: 302, headers: { location: stageReceiver.url } });
  expect(await deliver(event(jobId))).toBe(1);
  expect(await deliver(event(jobId))).toBe(1);
  expect(await deliver(event(jobId))).toBe(0);
  expect(await deliveries(jobId)).toMatchObject([
    { attempt: 1, outcome: 'retrying', status: 500, nextAt: expect.any(String) },
    { attempt: 2, outcome: 'retrying', status: 302 },
    { attempt: 3, outcome: 'delivered', status: 204 },
  ]);
  expect(stageReceiver.delivered).toEqual([]);
});

it('puts the message off for as long as it says: then it comes, and not before', async () => {
  const jobId = await newJob();
  receiver.answers.push({ status: 503 });
  await deliver(event(jobId));
  expect(await webhooks.waiting()).not.toContain(JSON.stringify(event(jobId)));
  await new Promise((resolve) => setTimeout(resolve, 7_000));
  expect(await webhooks.waiting()).toContain(JSON.stringify(event(jobId)));
}, 20_000);

it('tells once what comes twice, and again what a person asks for', async () => {
  const jobId = await newJob();
  await deliver(event(jobId));
  await deliver(event(jobId));
  expect(receiver.delivered).toHaveLength(1);
  await deliver(event(jobId, 3, { redelivery: true }));
  expect(receiver.delivered).toHaveLength(2);
  expect(await deliveries(jobId)).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
});

it('tells a receiver that says 410 no more of this job', async () => {
  const jobId = await newJob();
  receiver.answers.push({ status: 410 });
  expect(await deliver(event(jobId))).toBe(0);
  expect(await deliver(event(jobId, 4))).toBe(0);
  expect(receiver.delivered).toHaveLength(1);
  expect(await deliveries(jobId)).toMatchObject([{ outcome: 'gone', status: 410 }]);
});

it('gives up after a day, and keeps the message whole', async () => {
  const jobId = await newJob();
  receiver.answers.push({ status: 500 });
  expect(await deliver(event(jobId), 86_400)).toBe(0);
  expect(await deliveries(jobId)).toMatchObject([{ outcome: 'given-up', status: 500 }]);
  expect(await webhooks.buried()).toContain(JSON.stringify(event(jobId)));
});

it('keeps what is no event', async () => {
  expect(await deliver('nonsense')).toBe(0);
  expect(await webhooks.buried()).toContain('nonsense');
});

it('calls nobody for a job that is gone', async () => {
  expect(await deliver(event('deleted'))).toBe(0);
  expect(await deliveries('deleted')).toEqual([]);
});

it('notes an address that is not called, and leaves it', async () => {
  const jobId = await newJob('ftp://shop.example/');
  expect(await deliver(event(jobId))).toBe(0);
  expect(await deliveries(jobId)).toMatchObject([{ outcome: 'refused' }]);
});

it('does not wait again for a receiver that did not answer just now; others are told meanwhile', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}/hook`;
  const [first, second, third] = [await newJob(nobody), await newJob(nobody), await newJob()];
  expect(await deliver(event(first))).toBe(1);
  expect(await deliver(event(second))).toBe(1);
  expect(await deliver(event(third))).toBe(0);
  expect(await deliveries(first)).toMatchObject([{ outcome: 'retrying', reason: expect.any(String) }]);
  expect(await deliveries(second)).toEqual([]);
  expect(receiver.delivered).toHaveLength(1);
});

it('takes the others of its batch along when one is not taken', async () => {
  const bodies = await Promise.all([1, 2, 3].map(async () => event(await newJob())));
  const [first, second, third] = [
    await webhooks.receive(bodies[0]),
    await webhooks.receive('nonsense'),
    await webhooks.receive(bodies[2]),
  ];
  receiver.answers.push({ status: 500 }, { status: 204 });
  const { batchItemFailures } = await handler({ Records: [first, second, third] });
  const failing = receiver.delivered[0]?.headers['webhook-id'] === bodies[0]?.detail.eventId ? first : third;
  expect(batchItemFailures).toEqual([{ itemIdentifier: failing.messageId }]);
});

it('signs with the new secret and with the one before it', async () => {
  await webhooks.changeSecret('the-second-secret');
  jest.useFakeTimers({
    doNotFake: ['setTimeout', 'setImmediate', 'nextTick', 'setInterval'],
    now: Date.now() + 301_000,
  });
  try {
    await deliver(event(await newJob()));
  } finally {
    jest.useRealTimers();
  }
  const [told] = receiver.delivered;
  const signatures = told?.headers['webhook-signature']?.split(' ') ?? [];
  expect(signatures).toHaveLength(2);
  const at = new Date(Number(told?.headers['webhook-timestamp']) * 1000);
  for (const [index, secret] of ['the-second-secret', 'the-first-secret'].entries())
    expect(
      new Webhook(writtenKey(derivedKey(secret, 'drop'))).sign(
        told?.headers['webhook-id'] ?? '',
        at,
        told?.body ?? '',
      ),
    ).toBe(signatures[index]);
});
