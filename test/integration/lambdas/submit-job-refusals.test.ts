import { itemsOf, putItem } from '../../support/job-items.ts';
import { envelope, json } from '../../support/provider-server.ts';
import { aws, given, posts, provider, setUpSubmitJob, submit } from './submit-job-builder.ts';

setUpSubmitJob();

describe('a submit that was refused for certain', () => {
  it.each([
    ['400', json(400, { message: 'aspect_ratio is wrong' }), 'PROVIDER_REJECTED'],
    ['400 with safety text', json(400, { message: 'Blocked due to safety concerns' }), 'CONTENT_FILTERED'],
    [
      '503 with safety text',
      json(503, { message: 'Content blocked due to safety concerns' }),
      'CONTENT_FILTERED',
    ],
    [
      '400 in the envelope of a 200',
      json(200, { data: null, message: 'bad prompt', code: 400 }),
      'PROVIDER_REJECTED',
    ],
  ])('%s fails the job, free', async (_, answer, code) => {
    provider.submit = answer;
    const jobId = await given();
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({
      status: 'failed',
      failure: { code, charged: 'no' },
    });
    await submit(jobId);
    expect(posts()).toHaveLength(1);
  });

  it('401 is known for what it is also when the secret cannot be read again', async () => {
    const secrets = process.env.PROVIDER_SECRETS;
    provider.submit = (response, request) => {
      process.env.PROVIDER_SECRETS = JSON.stringify({
        simulated: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:gone',
      });
      json(401, { message: 'invalid key' })(response, request);
    };
    const jobId = await given();
    await submit(jobId);
    process.env.PROVIDER_SECRETS = secrets;
    const items = await aws.items(jobId);
    expect(items['ATTEMPT#1']).toMatchObject({ outcome: 'refused' });
    expect(items.STATE?.status).not.toBe('submit-unknown');
  });

  it('429 is a pause for all orders of the provider, as long as it says', async () => {
    provider.submit = json(429, { message: 'slow down' }, { 'retry-after': '12' });
    const jobId = await given();
    expect(await submit(jobId)).toMatchObject({ next: 'wait', waitSeconds: 0 });
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'queued' });
    const [control] = await itemsOf('PROVIDER#simulated');
    const pauseMs = Date.parse(String(control?.pausedUntil)) - Date.now();
    expect(pauseMs).toBeGreaterThan(9_000);
    expect(pauseMs).toBeLessThanOrEqual(12_000);
    // Another one is not even sent.
    const other = await given();
    await submit(other);
    expect((await aws.items(other)).STATE).toMatchObject({ status: 'queued', attempt: 0 });
    expect(posts()).toHaveLength(1);
  });

  it.each([
    ['401', json(401, { message: 'invalid key' }), 'PROVIDER_AUTH'],
    ['403 for balance', json(403, { message: 'insufficient balance' }), 'PROVIDER_BALANCE'],
    ['429 for the day', json(429, { message: 'requests per day exceeded' }), 'PROVIDER_QUOTA'],
  ])('%s parks the provider: every job waits, free, and one event tells of it', async (_, answer, code) => {
    provider.submit = answer;
    const jobId = await given();
    const other = await given();
    await submit(jobId);
    await submit(other);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'queued', attention: { reason: code } });
    expect((await aws.items(jobId))['EVENT#000002']).toMatchObject({ type: 'Video Job Needs Attention' });
    expect((await aws.items(other)).STATE).toMatchObject({ status: 'queued', attempt: 0 });
    expect((await aws.items(other)).STATE).not.toHaveProperty('attention');
    expect(posts()).toHaveLength(1);
    expect(await itemsOf('PROVIDER#simulated')).toMatchObject([{ breaker: { code, refusals: 1 } }]);
  });

  it('of orders that were under way at once one alone tells a person', async () => {
    const asked: (() => void)[] = [];
    provider.submit = (response, request) => {
      asked.push(() => json(403, { message: 'insufficient balance' })(response, request));
      if (asked.length === 3) for (const answer of asked) answer();
    };
    const jobIds = [await given(), await given(), await given()];
    await Promise.all(jobIds.map(submit));
    const states = await Promise.all(jobIds.map(async (jobId) => (await aws.items(jobId)).STATE));
    expect(states.map((state) => state?.status)).toEqual(['queued', 'queued', 'queued']);
    expect(states.filter((state) => state?.attention !== undefined)).toHaveLength(1);
    expect(await itemsOf('PROVIDER#simulated')).toMatchObject([{ breaker: { refusals: 1 } }]);
  });

  it('a refused connection parks the provider', async () => {
    const jobId = await given({ provider: 'closed' });
    expect(await submit(jobId)).toMatchObject({ next: 'wait', waitSeconds: 0 });
    expect((await aws.items(jobId)).STATE).toMatchObject({
      status: 'queued',
      attention: { reason: 'PROVIDER_FAILED' },
    });
  });

  it('the probe of a parked provider that is taken lets all go on', async () => {
    const refused = await given();
    provider.submit = json(403, { message: 'insufficient balance' });
    await submit(refused);
    const probe = await given();
    const [control] = await itemsOf('PROVIDER#simulated');
    const breaker = { ...Object(control?.breaker), probe: { jobId: probe, since: new Date().toISOString() } };
    await putItem({ ...control, breaker });
    provider.submit = envelope({ status: 'created' });
    await submit(probe);
    expect((await aws.items(probe)).STATE).toMatchObject({ status: 'running' });
    const items = await itemsOf('PROVIDER#simulated');
    expect(items.map(({ sk }) => sk)).toEqual(['CONTROL', 'WAKE']);
    expect(items[0]).not.toHaveProperty('breaker');
  });

  it('a 401 is tried once more when the secret holds a new key', async () => {
    provider.submit = (response, request) =>
      (request.headers.authorization === 'new-key'
        ? envelope({ status: 'created' })
        : json(401, { message: 'invalid' }))(response, request);
    const jobId = await given();
    await aws.setKey('simulated', 'new-key');
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'running', attempt: 2 });
    expect(posts().map(({ headers }) => headers.authorization)).toEqual(['test-key', 'new-key']);
  });
});

it('a secret that was never filled parks the provider as PROVIDER_KEY_MISSING, with nothing sent', async () => {
  const jobId = await given({ provider: 'unfilled' });
  await submit(jobId);
  expect((await aws.items(jobId)).STATE).toMatchObject({
    status: 'queued',
    attention: { reason: 'PROVIDER_KEY_MISSING' },
  });
  expect(posts()).toHaveLength(0);
});

it('a secret that holds only white space parks the provider as PROVIDER_KEY_MISSING, with nothing sent', async () => {
  jest.useFakeTimers({
    now: Date.now() + 10 * 60_000,
    doNotFake: [
      'nextTick',
      'setImmediate',
      'setTimeout',
      'setInterval',
      'clearTimeout',
      'clearInterval',
      'queueMicrotask',
      'performance',
    ],
  });
  try {
    await aws.setKey('simulated', ' \n');
    const jobId = await given();
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({
      status: 'queued',
      attention: { reason: 'PROVIDER_KEY_MISSING' },
    });
    expect(posts()).toHaveLength(0);
  } finally {
    jest.useRealTimers();
    await aws.setKey('simulated', 'new-key');
  }
});

it('the key stands in nothing that is kept', async () => {
  provider.submit = json(400, { message: 'your key new-key and test-key are bad, sk-abcdefghijklmnop too' });
  const jobId = await given();
  await submit(jobId);
  const kept = JSON.stringify(await aws.items(jobId));
  expect(kept).not.toContain('new-key');
  expect(kept).not.toContain('sk-abcdefghijklmnop');
  expect(kept).not.toContain('X-Amz-Signature');
});
