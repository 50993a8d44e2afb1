import type { JobState } from '../../../core/jobs/job.ts';
import { putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest } from '../../support/jobs.ts';
import { png } from '../../support/pictures.ts';
import { json } from '../../support/provider-server.ts';
import { aws, frame, given, posts, provider, setUpSubmitJob, submit } from './submit-job-builder.ts';

setUpSubmitJob();

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
