import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { JobState } from '../../../core/jobs/job.ts';
import { bucketOf } from '../../../core/jobs/latency.ts';
import { newAttempt, type SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import type { handler as Handler } from '../../../lambdas/submit-job.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { forgetProvider, itemsOf, putItem, putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  providerSettings,
  runtimeSettings,
  submittingState,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';
import {
  cutConnection,
  envelope,
  json,
  type ProviderServer,
  startProvider,
} from '../../support/provider-server.ts';

let aws: TestAws;
let provider: ProviderServer;
let handler: typeof Handler;

beforeAll(async () => {
  provider = await startProvider();
  aws = await startAws(
    runtimeSettings({
      providers: {
        simulated: providerSettings({
          submitBaseUrl: provider.url,
          allowPrivateAddresses: true,
          firstWaitSeconds: 7,
        }),
        google: providerSettings({
          dialect: 'gemini',
          submitBaseUrl: provider.url,
          allowPrivateAddresses: true,
          models: ['veo-3.1-fast-generate-preview'],
        }),
        relay: providerSettings({
          dialect: 'openai-video',
          submitBaseUrl: provider.url,
          allowPrivateAddresses: true,
          models: ['veo-3.1-fast-generate-preview'],
          options: { submitForm: 'multipart' },
        }),
        limited: providerSettings({
          submitBaseUrl: provider.url,
          allowPrivateAddresses: true,
          maxInFlight: 2,
          submitsPerMinute: 60,
        }),
        unfilled: providerSettings({ submitBaseUrl: provider.url, allowPrivateAddresses: true }),
        // Nothing listens on the discard port.
        closed: providerSettings({ submitBaseUrl: 'http://127.0.0.1:9', allowPrivateAddresses: true }),
      },
    }),
    { unfilled: ['unfilled'] },
  );
  ({ handler } = await import('../../../lambdas/submit-job.ts'));
}, 120_000);
afterAll(async () => {
  await provider.close();
  await aws.stop();
});
beforeEach(async () => {
  for (const id of ['simulated', 'google', 'relay', 'closed', 'limited', 'unfilled'])
    await forgetProvider(id);
  provider.seen.length = 0;
  provider.submit = envelope({ status: 'created' });
});

const frame = { mimeType: 'image/png', width: 320, height: 180, bytes: 1, sha256: 'x' };
let count = 0;
const given = async (
  changes: Partial<JobState> = {},
  attempt?: SubmitAttempt,
  asked: { readonly provider?: string; readonly model?: string } = {},
) => {
  count += 1;
  const jobId = `job${count}`;
  const key = `ünï côdé/${jobId} +.png`;
  const versionId = await aws.put(key, png(320, 180));
  const createdAt = new Date().toISOString();
  await putJob(
    { ...acceptedState(), frame, createdAt, ...changes, jobId },
    jobRequest({
      startFrame: { bucket: buckets.inbox, key, versionId },
      parameters: {
        provider: 'simulated',
        model: 'veo3.1-fast',
        prompt: 'A shoe turns.',
        aspectRatio: 'auto',
        resolution: '720p',
        durationSeconds: 8,
        ...asked,
      },
    }),
    attempt,
  );
  return jobId;
};
const submit = (jobId: string) => handler({ jobId, run: 1 }, context);
const posts = () => provider.seen.filter(({ method }) => method === 'POST');

describe('the video of an earlier job', () => {
  const google = { provider: 'google', model: 'veo-3.1-fast-generate-preview' };
  const continuing = async (jobId: string): Promise<void> => {
    const { startFrame: _, ...request } = jobRequest({
      video: { jobId: 'earlier' },
      parameters: {
        ...google,
        prompt: 'On it goes.',
        aspectRatio: '16:9',
        resolution: '720p',
        durationSeconds: 8,
      },
    });
    await putJob({ ...acceptedState(), ...google, jobId, createdAt: new Date().toISOString() }, request);
  };
  beforeEach(async () => {
    const task = { id: 'models/veo/operations/1' };
    await putJob(
      { ...acceptedState(), ...google, jobId: 'earlier', status: 'succeeded', task },
      jobRequest(),
    );
    provider.submit = json(200, { name: 'models/veo/operations/2' });
  });

  it('is asked for anew, and its address goes to the provider and nowhere else', async () => {
    const uri = 'https://files.example/v1beta/files/abc:download?alt=media';
    provider.download = json(200, {
      name: 'x',
      done: true,
      response: { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } },
    });
    await continuing('goes-on');
    expect((await submit('goes-on')).next).toBe('wait');
    expect(JSON.parse(posts()[0]?.body ?? '')).toMatchObject({ instances: [{ video: { uri } }] });
    expect(JSON.stringify(await aws.items('goes-on'))).not.toContain(uri);
  });

  it('that the provider has no more ends the job, free; one that cannot be asked for now waits', async () => {
    provider.download = json(404, { error: { code: 404, message: 'not found' } });
    await continuing('no-more');
    await submit('no-more');
    expect((await aws.items('no-more')).STATE).toMatchObject({
      failure: { code: 'PROVIDER_REJECTED', charged: 'no' },
    });
    provider.download = json(500, {});
    await continuing('later');
    await submit('later');
    expect((await aws.items('later')).STATE).toMatchObject({ status: 'queued' });
    expect(posts()).toHaveLength(0);
  });
});

it('a frame that was asked for and not looked at is never left out: nothing is ordered', async () => {
  const { frame: _, ...unprepared } = acceptedState();
  await putJob({ ...unprepared, jobId: 'unprepared', createdAt: new Date().toISOString() }, jobRequest());
  await expect(submit('unprepared')).rejects.toThrow('not prepared');
  expect(posts()).toHaveLength(0);
});

describe('an accepted submit', () => {
  it('waits first for as long as videos like it were seen to take', async () => {
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    for (const sk of ['0', '1', '2', '3'])
      await documents.send(
        new PutCommand({
          TableName: process.env.JOB_TABLE,
          Item: { pk: 'LATENCY#simulated#veo3#720p', sk, [bucketOf(110)]: 8 },
        }),
      );
    const jobId = await given({ model: 'veo3' }, undefined, { model: 'veo3' });
    const { waitSeconds } = await submit(jobId);
    expect(waitSeconds).toBeGreaterThan(65);
    expect(waitSeconds).toBeLessThan(110);
    expect((await aws.items(jobId)).STATE).toMatchObject({
      expected: { earliestSeconds: expect.any(Number) },
    });
  });

  it('is one POST with the intent before it and the task after it', async () => {
    const jobId = await given();
    let intent: unknown;
    provider.submit = async (response, request) => {
      intent = (await aws.items(jobId))['ATTEMPT#1'];
      envelope({ status: 'created' })(response, request);
    };
    expect(await submit(jobId)).toEqual({ jobId, run: 1, next: 'wait', waitSeconds: 7 });
    expect(intent).toMatchObject({
      attempt: 1,
      requestHash: 'hash',
      startedAt: expect.any(String),
      leaseUntil: expect.any(String),
    });
    expect(intent).not.toHaveProperty('answeredAt');
    const items = await aws.items(jobId);
    expect(items['ATTEMPT#1']).toMatchObject({ outcome: 'accepted', task: { id: 'task1' } });
    expect(items.STATE).toMatchObject({ status: 'running', task: { id: 'task1' }, attempt: 1 });
    expect(items['EVENT#000002']).toMatchObject({ type: 'Video Job Submitted', taskId: 'task1' });
    expect(posts()).toHaveLength(1);
    expect(posts()[0]?.path).toBe('/api/v3/google/veo3.1-fast/image-to-video');
    expect(posts()[0]?.headers.authorization).toBe('test-key');
  });

  it('names the frame by an address that opens exactly this version', async () => {
    await submit(await given());
    const body: unknown = JSON.parse(posts()[0]?.body ?? '');
    expect(body).toMatchObject({
      prompt: 'A shoe turns.',
      aspect_ratio: '16:9',
      resolution: '720p',
      image: expect.any(String),
    });
    const { image } = body as { image: string };
    expect(new URL(image).searchParams.get('versionId')).toBeTruthy();
    const answer = await fetch(image);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(png(320, 180));
  });

  it('is never sent again by another invocation', async () => {
    const jobId = await given();
    await submit(jobId);
    expect(await submit(jobId)).toMatchObject({ next: 'wait', waitSeconds: 0 });
    expect(posts()).toHaveLength(1);
  });

  it('is sent once when two invocations race', async () => {
    const jobId = await given();
    const results = await Promise.allSettled([submit(jobId), submit(jobId), submit(jobId)]);
    expect(posts()).toHaveLength(1);
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'running' });
  });

  it('is recorded although a new run took the job meanwhile', async () => {
    const jobId = await given();
    provider.submit = async (response, request) => {
      const { STATE, REQUEST } = await aws.items(jobId);
      // The items are the ones put above, read back.
      await putJob(
        { ...(STATE as JobState), run: 2, revision: 99 },
        REQUEST as ReturnType<typeof jobRequest>,
      );
      envelope({ status: 'created' })(response, request);
    };
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({
      status: 'running',
      run: 2,
      task: { id: 'task1' },
    });
  });
});

describe('a submit that nobody answered for certain', () => {
  it.each([
    ['a 500', json(500, { error: 'oops' })],
    ['a 502 page', json(502, '<html>')],
    ['a time-out of the gateway', json(408, {})],
    ['an outage without a reason', json(503, { message: 'unavailable' })],
    ['a reset after the request', cutConnection],
    ['an answer that cannot be read', json(200, 'what?')],
    ['an answer without a task', json(200, { data: {}, code: 200 })],
    ['a redirect', json(307, {}, { location: 'https://elsewhere.example/' })],
  ])('waits for a person and is never repeated: %s', async (_, answer) => {
    provider.submit = answer;
    const jobId = await given();
    expect(await submit(jobId)).toMatchObject({ next: 'wait', waitSeconds: 0 });
    const items = await aws.items(jobId);
    expect(items.STATE).toMatchObject({
      status: 'submit-unknown',
      attention: { reason: 'SUBMIT_UNANSWERED' },
    });
    expect(items['ATTEMPT#1']).toMatchObject({ outcome: 'unknown' });
    expect(items['EVENT#000002']).toMatchObject({ type: 'Video Job Needs Attention', priceMicros: 800_000 });
    await submit(jobId);
    expect(posts()).toHaveLength(1);
  });

  it('because the function was killed, is looked at again inside the lease and given to a person after it', async () => {
    const inside = await given({ ...submittingState() }, newAttempt(1, 'hash', new Date().toISOString()));
    await expect(submit(inside)).rejects.toMatchObject({ name: 'SubmitUnderWay' });
    const after = await given(
      { ...submittingState() },
      newAttempt(1, 'hash', new Date(Date.now() - 121_000).toISOString()),
    );
    await submit(after);
    expect((await aws.items(after)).STATE).toMatchObject({ status: 'submit-unknown' });
    expect(posts()).toHaveLength(0);
  });
});

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

it('trouble of our own before anything was sent is free to be tried again', async () => {
  const role = process.env.FRAME_READER_ROLE_ARN;
  delete process.env.FRAME_READER_ROLE_ARN;
  const jobId = await given();
  await expect(submit(jobId)).rejects.toThrow('FRAME_READER_ROLE_ARN');
  process.env.FRAME_READER_ROLE_ARN = role;
  await submit(jobId);
  expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'running', attempt: 2 });
  expect(posts()).toHaveLength(1);
});

describe('where orders are limited', () => {
  const limited = (changes: Partial<JobState>) => given({ provider: 'limited', ...changes });
  const slot = (jobId: string) =>
    putItem({ pk: 'SLOT#limited', sk: '0001', jobId, run: 1, since: new Date().toISOString() });
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

  it('nothing is ordered without a slot: the job goes to the queue', async () => {
    const jobId = await limited({});
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'queued', attempt: 0 });
    expect(posts()).toHaveLength(0);
  });

  it('an order waits for its time, and takes another when it missed it', async () => {
    const early = await limited({ slot: '0001', sendAt: inSeconds(20) });
    await slot(early);
    expect(await submit(early)).toMatchObject({ next: 'wait', waitSeconds: 20 });
    const late = await limited({ slot: '0001', sendAt: inSeconds(-9) });
    await slot(late);
    await putItem({
      pk: 'PROVIDER#limited',
      sk: 'CONTROL',
      revision: 1,
      clock: 0,
      nextSubmitAt: inSeconds(30),
    });
    const { waitSeconds } = await submit(late);
    expect(waitSeconds).toBeGreaterThan(25);
    expect(posts()).toHaveLength(0);
    const [control] = await itemsOf('PROVIDER#limited');
    expect(String(control?.nextSubmitAt) > inSeconds(28)).toBe(true);
  });

  it('an order that missed its time leaves at once where nobody else has that moment', async () => {
    const late = await limited({ slot: '0001', sendAt: inSeconds(-9) });
    await slot(late);
    await submit(late);
    expect((await aws.items(late)).STATE).toMatchObject({ status: 'running' });
    const [control] = await itemsOf('PROVIDER#limited');
    expect(String(control?.nextSubmitAt) > inSeconds(-1)).toBe(true);
  });

  it('a taken order keeps its slot, a refused one gives it back with its answer', async () => {
    const taken = await limited({ slot: '0001', sendAt: inSeconds(0) });
    await slot(taken);
    await submit(taken);
    expect((await aws.items(taken)).STATE).toMatchObject({ status: 'running', slot: '0001' });
    expect(await itemsOf('SLOT#limited')).toHaveLength(1);
    provider.submit = json(400, { message: 'aspect_ratio is wrong' });
    const refused = await limited({ slot: '0001', sendAt: inSeconds(0) });
    await slot(refused);
    await submit(refused);
    expect((await aws.items(refused)).STATE).toMatchObject({ status: 'failed' });
    expect(await itemsOf('SLOT#limited')).toEqual([]);
  });

  it('an order that nobody answered gives its slot back', async () => {
    provider.submit = cutConnection;
    const jobId = await limited({ slot: '0001', sendAt: inSeconds(0) });
    await slot(jobId);
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'submit-unknown' });
    expect(await itemsOf('SLOT#limited')).toEqual([]);
  });
});

it('a provider that a person stopped gets no order, limits or not', async () => {
  await putItem({
    pk: 'PROVIDER#simulated',
    sk: 'CONTROL',
    revision: 1,
    clock: 0,
    pause: { by: 'ann', at: new Date().toISOString() },
  });
  const jobId = await given();
  await submit(jobId);
  expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'queued', attempt: 0 });
  expect(posts()).toHaveLength(0);
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

describe('a provider that takes the frame inside the request', () => {
  const model = 'veo-3.1-fast-generate-preview';
  const givenAt = (provider: string, changes: Partial<JobState> = {}) =>
    given({ provider, model, frame: { ...frame, bytes: png(320, 180).length }, ...changes }, undefined, {
      provider,
      model,
    });

  it('gets it as it is, and nothing is signed', async () => {
    const name = `models/${model}/operations/o1`;
    provider.submit = json(200, { name });
    const jobId = await givenAt('google');
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'running', task: { id: name } });
    expect(posts()[0]).toMatchObject({ path: `/v1beta/models/${model}:predictLongRunning` });
    expect(JSON.parse(posts()[0]?.body ?? '')).toEqual({
      instances: [
        {
          prompt: 'A shoe turns.',
          image: { mimeType: 'image/png', bytesBase64Encoded: png(320, 180).toString('base64') },
        },
      ],
      parameters: { aspectRatio: '16:9', durationSeconds: 8 },
    });
  });

  it('gets it in a form', async () => {
    provider.submit = json(200, { id: 't1', object: 'video', status: 'queued' });
    const jobId = await givenAt('relay');
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'running', task: { id: 't1' } });
    expect(posts()[0]).toMatchObject({
      path: '/v1/videos',
      headers: { 'content-type': expect.stringMatching(/^multipart\/form-data; boundary=startframe-/) },
      body: expect.stringContaining('name="input_reference"; filename="start-frame.png"'),
    });
  });

  it.each(['google', 'relay'])(
    '%s: a frame too large for it ends the job, free, before any request',
    async (id) => {
      const jobId = await givenAt(id, { frame: { ...frame, bytes: 20_000_000 } });
      await submit(jobId);
      expect((await aws.items(jobId)).STATE).toMatchObject({
        status: 'failed',
        failure: { code: 'PROVIDER_REJECTED', charged: 'no', message: expect.stringContaining('20.0 MB') },
      });
      expect(posts()).toEqual([]);
    },
  );
});
