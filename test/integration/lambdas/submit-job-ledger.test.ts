import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { JobState } from '../../../core/jobs/job.ts';
import { bucketOf } from '../../../core/jobs/latency.ts';
import { newAttempt } from '../../../core/jobs/submit-ledger.ts';
import { putJob } from '../../support/job-items.ts';
import { type jobRequest, submittingState } from '../../support/jobs.ts';
import { png } from '../../support/pictures.ts';
import { cutConnection, envelope, json } from '../../support/provider-server.ts';
import { aws, given, posts, provider, setUpSubmitJob, submit } from './submit-job-builder.ts';

setUpSubmitJob();

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
