import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { Webhook } from 'standardwebhooks';
import * as z from 'zod';
import { isOver, TestStack } from '../support/clouds/test-stack.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

// The real template on the local cloud with IAM enforced: a receiver that stumbles, and a provider that calls back.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
const providerKey = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`;
let stack: TestStack;
let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await startReceiver();
  stack = await TestStack.join('calm', { role: 'hooks' });
  await stack.put('FrameBucketName', 'frame.jpg', frame);
  await stack.clients.secrets.send(
    new PutSecretValueCommand({
      SecretId: stack.output('CallbackSecretArnCalling'),
      SecretString: providerKey,
    }),
  );
}, 300_000);

afterAll(async () => {
  stack?.leave();
  await receiver?.close();
}, 60_000);

const order = (asked: Record<string, unknown>) =>
  stack.order({ frame: { s3Uri: `s3://${stack.output('FrameBucketName')}/frame.jpg` }, ...asked });

const until = async (isThere: () => boolean | Promise<boolean>, seconds: number): Promise<void> => {
  const deadline = Date.now() + seconds * 1000;
  while (!(await isThere())) {
    if (Date.now() > deadline) throw new Error(`Not within ${seconds} s.`);
    await sleep(250);
  }
};

const Keys = z.looseObject({ keys: z.array(z.string()) });
const Told = z.looseObject({
  webhook: z.object({
    host: z.string(),
    deliveries: z.array(
      z.looseObject({
        eventId: z.string(),
        attempt: z.number(),
        outcome: z.string(),
        status: z.number().optional(),
      }),
    ),
  }),
});

describe('a receiver that fails twice', () => {
  let jobId: string;

  it('is told until it took it, each time signed so that the public library believes it', async () => {
    receiver.answers.push({ status: 503 }, { status: 500 });
    jobId = await order({ prompt: 'Told.', webhookUrl: `${receiver.url}?token=hidden` });
    await stack.until(jobId, isOver);
    await until(() => receiver.delivered.length >= 3, 60);
    const { keys } = Keys.parse((await stack.call('GET', '/webhooks/secret')).body);
    expect(keys).toHaveLength(1);
    for (const { headers, body, path } of receiver.delivered) {
      expect(path).toBe('/hook?token=hidden');
      expect(new Webhook(keys[0] ?? '').verify(body, headers)).toMatchObject({
        type: 'video_job.succeeded',
        timestamp: expect.any(String),
        data: { jobId, status: 'succeeded', sha256: expect.any(String) },
      });
    }
    expect(new Set(receiver.delivered.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(receiver.delivered.map(({ body }) => body).join()).not.toContain('hidden');
  }, 150_000);

  it('is seen on the job, by its host alone', async () => {
    let shown = '';
    await until(async () => {
      const { body } = await stack.call('GET', `/jobs/${jobId}`);
      shown = JSON.stringify(body);
      return Told.parse(body).webhook.deliveries.length === 3;
    }, 20);
    const { host, deliveries } = Told.parse(JSON.parse(shown)).webhook;
    expect(host).toBe(new URL(receiver.url).host);
    expect(deliveries.map(({ attempt, outcome, status }) => [attempt, outcome, status])).toEqual([
      [1, 'retrying', 503],
      [2, 'retrying', 500],
      [3, 'delivered', 204],
    ]);
    expect(shown).not.toContain('hidden');
  }, 30_000);

  it('is told once more when somebody asks for it', async () => {
    const before = receiver.delivered.length;
    expect((await stack.call('POST', `/jobs/${jobId}/webhook-redeliver`, {})).status).toBe(202);
    await until(() => receiver.delivered.length > before, 30);
    expect(receiver.delivered.at(-1)?.headers['webhook-id']).toBe(
      receiver.delivered[0]?.headers['webhook-id'],
    );
  }, 40_000);
});

describe('a provider that calls back', () => {
  const call = async (body: string, headers: Record<string, string>) =>
    (
      await fetch(stack.url('/callbacks/calling'), {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      })
    ).status;
  const signed = (body: string, id: string, key = providerKey) => {
    const at = new Date();
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(key).sign(id, at, body),
    };
  };

  it('ends a long wait; what is forged or comes again changes nothing', async () => {
    const jobId = await order({ prompt: 'Called.', provider: 'calling' });
    const { state } = await stack.until(jobId, (job) => job.state.status === 'running');
    const body = JSON.stringify({ type: 'video.completed', data: { id: state.task?.id } });
    const forged = signed(body, 'evt_1', `whsec_${Buffer.alloc(32, 'x').toString('base64')}`);
    // A hint of a job that got on a moment ago is not followed.
    await sleep(11_000);
    expect(await call(body, forged)).toBe(401);
    expect((await stack.job(jobId))?.state.run).toBe(1);
    const genuine = signed(body, 'evt_1');
    expect(await call(body, genuine)).toBe(202);
    const ended = await stack.until(jobId, isOver, 60);
    expect(ended.state).toMatchObject({ status: 'succeeded', run: 2, attempt: 1 });
    expect(await call(body, genuine)).toBe(202);
    expect((await stack.job(jobId))?.state).toMatchObject({ status: 'succeeded', run: 2 });
    expect(await stack.ordered('Called.')).toHaveLength(1);
  }, 120_000);

  it('is the only one that is heard', async () => {
    const url = stack.url('/callbacks/simulated');
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(404);
  });
});
