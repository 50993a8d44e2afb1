import { createHash } from 'node:crypto';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { JobRequest } from '../../../core/jobs/job.ts';
import { dropJobId } from '../../../core/kernel/ids.ts';
import type { handler as Handler } from '../../../lambdas/accept-upload.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { runtimeSettings } from '../../support/jobs.ts';
import { uploadMessage } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';

let aws: TestAws;
let handler: typeof Handler;

beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  ({ handler } = await import('../../../lambdas/accept-upload.ts'));
}, 120_000);
afterAll(() => aws.stop());

const drop = async (key: string, metadata?: Record<string, string>) => {
  const versionId = await aws.put(key, png(), metadata);
  const message = uploadMessage(buckets.inbox, { key, 'version-id': versionId });
  return { message, versionId, jobId: dropJobId({ bucket: buckets.inbox, key, versionId, sequencer: '00' }) };
};

const executions = async (jobId: string): Promise<string[]> => {
  const { executions: found = [] } = await aws.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: aws.stateMachineArn, maxResults: 1000 }),
  );
  // Two that began in the same millisecond come in any order.
  return found
    .map(({ name = '' }) => name)
    .filter((name) => name.startsWith(jobId))
    .sort();
};

describe('a dropped image', () => {
  it('becomes a job with its request, its first event and an execution', async () => {
    const { message, jobId } = await drop('shoes/red.png', {
      prompt: 'Caf%C3%A9',
      'aspect-ratio': '9:16',
      campaign: 'spring',
    });
    expect(await handler({ Records: [message] })).toEqual({ batchItemFailures: [] });
    const items = await aws.items(jobId);
    expect(Object.keys(items)).toEqual(['EVENT#000001', 'REQUEST', 'STATE']);
    expect(items.STATE).toMatchObject({
      status: 'accepted',
      run: 1,
      owner: 'drop',
      actor: 's3:123456789012',
      provider: 'simulated',
      model: 'veo3.1-fast',
      priceMicros: 800_000,
      outputKey: 'videos/shoes/red.png.mp4',
    });
    expect(items.STATE?.byFolder).toMatch(/^drop#shoes#[0-3]$/);
    expect(items.REQUEST).toMatchObject({
      parameters: { prompt: 'Café', aspectRatio: '9:16' },
      metadata: { campaign: 'spring' },
      startFrame: { bucket: buckets.inbox, key: 'shoes/red.png' },
    });
    expect(items['EVENT#000001']).toMatchObject({
      type: 'Video Job Accepted',
      eventId: `${jobId}:1`,
      metadata: { campaign: 'spring' },
    });
    expect(await executions(jobId)).toEqual([`${jobId}-1`]);
  });

  it('is one job however often its event comes, at once or later', async () => {
    const { message, jobId } = await drop('twice.png');
    const copies = [1, 2, 3].map((n) => ({ ...message, messageId: `m${n}` }));
    expect(await handler({ Records: copies })).toEqual({ batchItemFailures: [] });
    expect(await handler({ Records: [message] })).toEqual({ batchItemFailures: [] });
    expect(Object.keys(await aws.items(jobId))).toHaveLength(3);
    expect(await executions(jobId)).toEqual([`${jobId}-1`]);
  });

  it('is another job when the same key is written again', async () => {
    const first = await drop('again.png');
    const second = await drop('again.png');
    await handler({ Records: [first.message, second.message] });
    expect(first.jobId).not.toBe(second.jobId);
    expect(Object.keys(await aws.items(first.jobId))).toHaveLength(3);
    expect(Object.keys(await aws.items(second.jobId))).toHaveLength(3);
  });

  it.each(['a b+c%20d.png', 'ünïcødé/日本語.jpg', 'x=1&y=2;z.webp', '😀.png', "it's (1).png"])(
    'may be called anything: %s',
    async (key) => {
      const { message, jobId } = await drop(key);
      expect(await handler({ Records: [message] })).toEqual({ batchItemFailures: [] });
      const { STATE } = await aws.items(jobId);
      expect(STATE).toMatchObject({ outputKey: `videos/${key}.mp4`, source: { key } });
    },
  );

  it('with parameters that cannot be used is a job all the same, which says so', async () => {
    const { message, jobId } = await drop('bad.png', { resolution: '8k' });
    await handler({ Records: [message] });
    expect((await aws.items(jobId)).REQUEST).toMatchObject({
      problems: [{ field: 'resolution', value: '8k' }],
    });
  });

  it('may say how urgent it is, and nothing else by that name', async () => {
    const urgent = await drop('urgent.png', { priority: 'high' });
    const wrong = await drop('wrong.png', { priority: 'urgent' });
    await handler({ Records: [urgent.message, wrong.message] });
    expect((await aws.items(urgent.jobId)).REQUEST).toMatchObject({ priority: 'high', metadata: {} });
    expect((await aws.items(wrong.jobId)).REQUEST).toMatchObject({
      problems: [{ field: 'priority', value: 'urgent', closest: 'normal' }],
    });
  });

  it('a last frame may be one of the web; what is wrong with its address is said without its secrets', async () => {
    const url = 'https://pictures.example/last.png?token=secret';
    const good = await drop('web.png', { 'last-frame': url });
    const bad = await drop('private.png', { 'last-frame': url.replace('pictures.example', '10.0.0.7') });
    await handler({ Records: [good.message, bad.message] });
    const location = { bucket: buckets.frames, key: expect.stringMatching(/^fetched\/.*-lastFrame$/) };
    expect((await aws.items(good.jobId)).REQUEST).toMatchObject({
      lastFrame: location,
      fetches: [{ location, url }],
    });
    const { problems } = JobRequest.parse((await aws.items(bad.jobId)).REQUEST);
    expect(problems).toMatchObject([
      { field: 'lastFrame', message: expect.stringContaining('not a public address') },
    ]);
    expect(JSON.stringify(problems)).not.toContain('secret');
  });

  it('may name a webhook, which nobody is shown', async () => {
    const { message, jobId } = await drop('told.png', {
      'webhook-url': 'https://shop.example/hook?token=hidden',
      campaign: 'spring',
    });
    await handler({ Records: [message] });
    const { REQUEST, STATE, 'EVENT#000001': accepted } = await aws.items(jobId);
    expect(REQUEST).toMatchObject({
      webhookUrl: 'https://shop.example/hook?token=hidden',
      metadata: { campaign: 'spring' },
    });
    expect(accepted).toMatchObject({ webhook: true });
    expect(JSON.stringify([STATE, accepted])).not.toContain('hidden');
  });

  it('with a webhook that is not called is a job all the same, which says so without the address', async () => {
    const { message, jobId } = await drop('untold.png', { 'webhook-url': 'https://10.0.0.1/?token=hidden' });
    await handler({ Records: [message] });
    const { REQUEST } = await aws.items(jobId);
    expect(REQUEST).toMatchObject({ problems: [{ field: 'webhookUrl' }] });
    expect(JSON.stringify(REQUEST)).not.toContain('hidden');
  });

  it('may name a last frame in our own buckets, and nowhere else', async () => {
    await aws.put('last.png', png(), {}, buckets.frames);
    await aws.put('last.png', png(), {}, buckets.videos);
    const good = await drop('pair.png', { 'last-frame': `s3://${buckets.frames}/last.png` });
    const foreign = await drop('foreign.png', { 'last-frame': `s3://${buckets.videos}/last.png` });
    const missing = await drop('missing.png', { 'last-frame': 'nowhere.png' });
    await handler({ Records: [good.message, foreign.message, missing.message] });
    expect((await aws.items(good.jobId)).REQUEST).toMatchObject({
      lastFrame: { bucket: buckets.frames, key: 'last.png' },
    });
    expect((await aws.items(foreign.jobId)).REQUEST).toMatchObject({ problems: [{ field: 'lastFrame' }] });
    expect((await aws.items(missing.jobId)).REQUEST).toMatchObject({ problems: [{ field: 'lastFrame' }] });
  });
});

it('a folder made in the console is nothing', async () => {
  const versionId = await aws.put('folder/', '');
  const message = uploadMessage(buckets.inbox, { key: 'folder/', 'version-id': versionId, size: 0 });
  expect(await handler({ Records: [message] })).toEqual({ batchItemFailures: [] });
  expect(
    await aws.items(dropJobId({ bucket: buckets.inbox, key: 'folder/', versionId, sequencer: '00' })),
  ).toEqual({});
});

it('an object that is gone already is a job all the same', async () => {
  const message = uploadMessage(buckets.inbox, { key: 'gone.png', 'version-id': 'nope' });
  expect(await handler({ Records: [message] })).toEqual({ batchItemFailures: [] });
  expect(
    (
      await aws.items(
        dropJobId({ bucket: buckets.inbox, key: 'gone.png', versionId: 'nope', sequencer: '00' }),
      )
    ).STATE,
  ).toMatchObject({ status: 'accepted' });
});

it('a record that was written but never started is started by the next delivery', async () => {
  const { message, jobId } = await drop('crash.png');
  const workflow = process.env.JOB_WORKFLOW_ARN;
  process.env.JOB_WORKFLOW_ARN = `${workflow}-gone`;
  expect(await handler({ Records: [message] })).toEqual({
    batchItemFailures: [{ itemIdentifier: 'message1' }],
  });
  process.env.JOB_WORKFLOW_ARN = workflow;
  expect(await executions(jobId)).toEqual([]);
  expect(await handler({ Records: [message] })).toEqual({ batchItemFailures: [] });
  expect(await executions(jobId)).toEqual([`${jobId}-1`]);
});

it('overwritten before its event came, and heard of out of order: two jobs, each of its own version', async () => {
  const first = await drop('overwritten.png', { prompt: 'First' });
  const second = await drop('overwritten.png', { prompt: 'Second' });
  await handler({ Records: [second.message] });
  await handler({ Records: [first.message] });
  for (const [{ jobId, versionId }, prompt] of [
    [first, 'First'],
    [second, 'Second'],
  ] as const)
    expect(await aws.items(jobId)).toMatchObject({
      STATE: { source: { versionId } },
      REQUEST: { startFrame: { versionId }, parameters: { prompt } },
    });
});

it('a delivery that comes when the job has moved on changes nothing', async () => {
  const { message, jobId } = await drop('late.png');
  await handler({ Records: [message] });
  const { cancel, redrive } = await import('../../../lambdas/shared/jobs/job-operations.ts');
  await cancel(jobId, 'anna', { abandon: false });
  const cancelled = await aws.items(jobId);
  await handler({ Records: [message] });
  expect(await aws.items(jobId)).toEqual(cancelled);
  await redrive(jobId, 'anna', {});
  const redriven = await aws.items(jobId);
  await handler({ Records: [message] });
  expect(await aws.items(jobId)).toEqual(redriven);
  expect(await executions(jobId)).toEqual([`${jobId}-1`, `${jobId}-2`]);
});

it('a message that cannot be read goes back alone', async () => {
  const { message } = await drop('good.png');
  const bad = { ...message, messageId: 'bad', body: '{"detail":{}}' };
  expect(await handler({ Records: [bad, message] })).toEqual({
    batchItemFailures: [{ itemIdentifier: 'bad' }],
  });
});

it('an event without a version is pinned to the one that is there, if it is the same content', async () => {
  const versionId = await aws.put('unversioned.png', png());
  const etag = createHash('md5').update(png()).digest('hex');
  for (const [sequencer, tag] of [
    ['01', etag],
    ['02', 'another'],
  ] as const) {
    const message = uploadMessage(buckets.inbox, { key: 'unversioned.png', sequencer, etag: tag });
    expect(await handler({ Records: [message] })).toEqual({ batchItemFailures: [] });
  }
  const requestFor = async (sequencer: string) =>
    (await aws.items(dropJobId({ bucket: buckets.inbox, key: 'unversioned.png', sequencer }))).REQUEST;
  expect(await requestFor('01')).toMatchObject({ startFrame: { versionId } });
  expect((await requestFor('02'))?.startFrame).not.toHaveProperty('versionId');
});
