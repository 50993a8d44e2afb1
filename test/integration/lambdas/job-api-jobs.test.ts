import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { buckets } from '../../support/aws.ts';
import { putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest, runningState } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { aws, event, handler, read, setUpApi, shop, stranger } from './job-api-builder.ts';

setUpApi();

const frame = { s3Uri: `s3://${buckets.inbox}/shoe.png` };
const order = async (
  body: unknown,
  headers: Record<string, string> = {},
  userArn: string | undefined = shop,
) =>
  read(
    await handler(
      event('POST /jobs', { body: typeof body === 'string' ? body : JSON.stringify(body), headers, userArn }),
      context,
    ),
  );
const show = async (id: string, userArn: string | undefined = shop) =>
  read(await handler(event('GET /jobs/{id}', { id, userArn }), context));

describe('an order', () => {
  it('becomes a job that runs, under its caller', async () => {
    const { status, headers, body } = await order({
      frame,
      lastFrame: { s3Uri: `s3://${buckets.frames}/last.png` },
      prompt: 'A shoe turns.',
      aspectRatio: '9:16',
      durationSeconds: 8,
      enhancePrompt: false,
      metadata: { campaign: 'spring' },
    });
    expect(status).toBe(202);
    expect(headers).toMatchObject({ location: `jobs/${body.jobId}`, 'content-type': 'application/json' });
    expect(body).toMatchObject({
      status: 'accepted',
      owner: '111122223333:role/Shop',
      priceMicros: 800_000,
      parameters: { prompt: 'A shoe turns.', aspectRatio: '9:16', enhancePrompt: false },
      startFrame: { bucket: buckets.inbox, key: 'shoe.png', versionId: expect.any(String) },
      lastFrame: { bucket: buckets.frames, key: 'last.png' },
      metadata: { campaign: 'spring' },
    });
    const items = await aws.items(body.jobId ?? '');
    expect(items.STATE).toMatchObject({
      outputKey: `videos/111122223333:role_Shop/${body.jobId}.mp4`,
      actor: '111122223333:role/Shop',
    });
    const { executions = [] } = await aws.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: aws.stateMachineArn }),
    );
    expect(executions.map(({ name }) => name)).toContain(`${body.jobId}-1`);
  });

  it('is another job each time, without an Idempotency-Key', async () => {
    expect((await order({ frame })).body.jobId).not.toBe((await order({ frame })).body.jobId);
  });

  it('is the same job for the same Idempotency-Key and body, however often and whatever the order of fields', async () => {
    const headers = { 'idempotency-key': 'order-1' };
    const [first, ...others] = await Promise.all([
      order({ frame, prompt: 'A' }, headers),
      order({ prompt: 'A', frame }, headers),
      order({ frame, prompt: 'A' }, headers),
    ]);
    expect(first.status).toBe(202);
    for (const other of others)
      expect(other).toMatchObject({ status: 202, body: { jobId: first.body.jobId } });
    expect(Object.keys(await aws.items(first.body.jobId ?? ''))).toEqual([
      'EVENT#000001',
      'REQUEST',
      'STATE',
    ]);
  });

  it('is refused when the key was used for another body, and is nobody else’s key', async () => {
    const headers = { 'idempotency-key': 'order-2' };
    const first = await order({ frame, prompt: 'A' }, headers);
    expect(await order({ frame, prompt: 'B' }, headers)).toMatchObject({
      status: 422,
      body: { title: 'IDEMPOTENCY_KEY_REUSED' },
    });
    const other = await order({ frame, prompt: 'B' }, headers, stranger);
    expect(other.status).toBe(202);
    expect(other.body.jobId).not.toBe(first.body.jobId);
  });

  it('is answered 202 once it is written, also when it cannot be started yet; the replay starts it', async () => {
    const workflow = process.env.JOB_WORKFLOW_ARN;
    process.env.JOB_WORKFLOW_ARN = `${workflow}-gone`;
    const headers = { 'idempotency-key': 'order-3' };
    const { status, body } = await order({ frame }, headers);
    process.env.JOB_WORKFLOW_ARN = workflow;
    expect(status).toBe(202);
    await order({ frame }, headers);
    const { executions = [] } = await aws.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: aws.stateMachineArn }),
    );
    expect(executions.map(({ name }) => name)).toContain(`${body.jobId}-1`);
  });
});

describe('an order without a start frame', () => {
  const google = { provider: 'google', prompt: 'A boat.' };

  it('says how urgent it is', async () => {
    const { body } = await order({ frame, priority: 'low' });
    expect(body).toMatchObject({ priority: 'low' });
    expect((await aws.items(body.jobId ?? '')).REQUEST).toMatchObject({ priority: 'low' });
    expect((await order({ frame })).body).not.toHaveProperty('priority');
  });

  it('makes a video of a prompt alone', async () => {
    const { status, body } = await order({ prompt: 'A boat.', extra: { audio_type: 'speech' } });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      scene: 'text-to-video',
      parameters: { prompt: 'A boat.', extra: { audio_type: 'speech' } },
    });
    expect((await aws.items(body.jobId ?? '')).REQUEST).not.toHaveProperty('startFrame');
  });

  it('makes a video of reference frames, pinned', async () => {
    const { status, body } = await order({
      prompt: 'A boat.',
      referenceFrames: [frame, { s3Uri: `s3://${buckets.frames}/last.png` }],
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      scene: 'reference-to-video',
      referenceFrames: [
        { bucket: buckets.inbox, key: 'shoe.png', versionId: expect.any(String) },
        { bucket: buckets.frames, key: 'last.png' },
      ],
    });
  });

  it('continues a video of ours, one elsewhere, and that of an earlier job of the same owner and provider', async () => {
    const here = await order({ ...google, video: { s3Uri: `s3://${buckets.frames}/last.png` } });
    expect(here).toMatchObject({ status: 202, body: { scene: 'video-to-video' } });
    const elsewhere = await order({ ...google, video: { uri: 'https://files.example/v.mp4' } });
    expect(elsewhere.status).toBe(202);
    expect((await aws.items(elsewhere.body.jobId ?? '')).REQUEST).toMatchObject({
      video: { uri: 'https://files.example/v.mp4' },
    });
    const video = { jobId: 'earlier' };
    const earlier = (changes: Parameters<typeof acceptedState>[0]) =>
      putJob(
        acceptedState({ jobId: 'earlier', owner: '111122223333:role/Shop', provider: 'google', ...changes }),
        jobRequest(),
      );
    expect(JSON.stringify(await order({ ...google, video }))).toContain('no such job');
    await earlier({ status: 'running' });
    expect(JSON.stringify(await order({ ...google, video }))).toContain('its job is running');
    await earlier({ status: 'succeeded', provider: 'simulated' });
    expect(JSON.stringify(await order({ ...google, video }))).toContain('provider simulated made it');
    await earlier({ status: 'succeeded', owner: 'somebody else' });
    expect(JSON.stringify(await order({ ...google, video }))).toContain('no such job');
    await earlier({ status: 'succeeded' });
    expect(await order({ ...google, video })).toMatchObject({ status: 202 });
  });
});

describe('a bad order spends nothing and says what is wrong', () => {
  it.each([
    ['no JSON', '{', 400, 'INVALID_JSON', 'not JSON'],
    ['no object', '[]', 400, 'INVALID_PARAMETERS', 'body'],
    ['neither a frame nor a prompt', {}, 400, 'INVALID_PARAMETERS', 'without a start frame'],
    [
      'a last frame without a start frame',
      { prompt: 'A', lastFrame: frame },
      400,
      'INVALID_PARAMETERS',
      'needs a start frame',
    ],
    ['extra that is no map', { frame, extra: [] }, 400, 'INVALID_PARAMETERS', 'extra'],
    ['extra that is ours', { frame, extra: { image: 'x' } }, 400, 'INVALID_PARAMETERS', 'image'],
    [
      'a video at http',
      { prompt: 'A', video: { uri: 'http://a.example/v.mp4' } },
      400,
      'INVALID_PARAMETERS',
      'video',
    ],
    [
      'a video of a model that takes none',
      { prompt: 'A', video: { uri: 'https://a.example/v.mp4' } },
      400,
      'INVALID_PARAMETERS',
      'model veo-3.1-generate-preview of provider google',
    ],
    ['an unknown field', { frame, colour: 'red' }, 400, 'INVALID_PARAMETERS', 'colour'],
    ['a wrong type', { frame, durationSeconds: '8' }, 400, 'INVALID_PARAMETERS', 'durationSeconds'],
    ['a bad value', { frame, resolution: '8k' }, 400, 'INVALID_PARAMETERS', '720p, 1080p, 4k'],
    ['an unknown model', { frame, model: 'sora' }, 400, 'INVALID_PARAMETERS', 'veo3.1-fast'],
    [
      'a frame that is not there',
      { frame: { s3Uri: `s3://${buckets.inbox}/nope.png` } },
      400,
      'INVALID_PARAMETERS',
      'no such object',
    ],
    [
      'a frame of somebody else',
      { frame: { s3Uri: `s3://${buckets.videos}/shoe.png` } },
      400,
      'INVALID_PARAMETERS',
      'must be in',
    ],
    [
      'a frame at a web address',
      { frame: { s3Uri: 'https://example.com/a.png' } },
      400,
      'INVALID_PARAMETERS',
      's3://bucket/key',
    ],
  ])('%s', async (_, body, status, title, words) => {
    const answer = await order(body);
    expect(answer).toMatchObject({ status, body: { title, status } });
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json' });
    expect(JSON.stringify(answer.body)).toContain(words);
  });

  it.each(['', 'x'.repeat(256)])('an Idempotency-Key of a wrong length', async (key) => {
    expect(await order({ frame }, { 'idempotency-key': key })).toMatchObject({
      status: 400,
      body: { title: 'INVALID_PARAMETERS', errors: [{ field: 'idempotency-key' }] },
    });
  });
});

describe('a job', () => {
  it('says while it is made how far it is, by what others took', async () => {
    const expected = { earliestSeconds: 1000, latestSeconds: 4000 };
    const submittedAt = new Date(Date.now() - 1_000_000).toISOString();
    await putJob(
      runningState({ jobId: 'half-made', owner: '111122223333:role/Shop', submittedAt, expected }),
      jobRequest(),
    );
    expect((await show('half-made')).body.progress).toMatchObject({ percent: 25 });
  });

  it('is shown to its owner with its timeline, and to nobody else', async () => {
    const { body } = await order({ frame });
    const shown = await show(body.jobId ?? '');
    expect(shown).toMatchObject({
      status: 200,
      body: {
        jobId: body.jobId,
        status: 'accepted',
        timeline: [{ type: 'Video Job Accepted', sequence: 1 }],
      },
    });
    expect(await show(body.jobId ?? '', stranger)).toMatchObject({
      status: 404,
      body: { title: 'NOT_FOUND' },
    });
    expect(await show('nobody')).toMatchObject({ status: 404 });
  });

  it('is shown to no caller without an identity', async () => {
    expect(
      (await read(await handler(event('GET /jobs/{id}', { id: 'x', userArn: '' }), context))).status,
    ).toBe(403);
  });
});

it('another route is 404', async () => {
  expect(read(await handler(event('GET /', {}), context))).toMatchObject({ status: 404 });
});
