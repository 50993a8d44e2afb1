import { buckets } from '../../support/aws.ts';
import { putJob } from '../../support/job-items.ts';
import { jobRequest, storingState } from '../../support/jobs.ts';
import { type Answer, envelope, file, json } from '../../support/provider-server.ts';
import {
  aws,
  downloads,
  elsewhere,
  given,
  keysOf,
  provider,
  read,
  setUpStoreVideo,
  sha256,
  store,
  video,
} from './store-video-builder.ts';

setUpStoreVideo();

describe('a video that is whole', () => {
  it('is stored beside its manifest, and the job succeeds', async () => {
    const jobId = await given();
    expect(await store(jobId)).toEqual({ jobId, run: 1, next: 'end', waitSeconds: 0 });
    expect(await keysOf(jobId)).toEqual([`videos/${jobId} ü+.png.job.json`, `videos/${jobId} ü+.png.mp4`]);
    expect(await read(`videos/${jobId} ü+.png.mp4`)).toEqual(video);
    const items = await aws.items(jobId);
    expect(items.STATE).toMatchObject({
      status: 'succeeded',
      costMicros: 800_000,
      video: {
        bytes: video.length,
        sha256,
        versionId: expect.any(String),
        durationSeconds: expect.any(Number),
      },
    });
    expect(items['EVENT#000003']).toMatchObject({
      type: 'Video Job Succeeded',
      bucket: buckets.videos,
      sha256,
    });
    const manifest: unknown = JSON.parse((await read(`videos/${jobId} ü+.png.job.json`)).toString());
    expect(manifest).toMatchObject({
      jobId,
      request: { prompt: 'A shoe turns.', model: 'veo3.1-fast' },
      provider: { id: 'simulated', dialect: 'gptproto', taskId: 'task1' },
      videos: [{ sha256, bytes: video.length, declaredType: 'video/mp4' }],
      watermark: 'SynthID',
      notes: [
        expect.stringContaining('8 s were requested'),
        expect.stringContaining('720p was requested'),
        expect.stringContaining('16:9 was requested'),
      ],
    });
    expect(JSON.stringify(manifest)).not.toContain('test-key');
    expect(JSON.stringify(manifest)).not.toContain(provider.url);
  });

  it('is taken whatever type was declared, which is written down', async () => {
    provider.download = file(video, { 'content-type': 'application/octet-stream' });
    const jobId = await given();
    await store(jobId);
    expect((await read(`videos/${jobId} ü+.png.job.json`)).toString()).toContain('application/octet-stream');
  });

  it('is taken when no length was declared', async () => {
    provider.download = (response) => response.writeHead(200, { 'content-type': 'video/mp4' }).end(video);
    const jobId = await given();
    await store(jobId);
    expect(await read(`videos/${jobId} ü+.png.mp4`)).toEqual(video);
  });

  it('is stored with every further one', async () => {
    provider.check = envelope({
      status: 'completed',
      outputs: [`${provider.url}/v.mp4`, `${provider.url}/v.mp4?second`],
    });
    const jobId = await given();
    await store(jobId);
    expect(await keysOf(jobId)).toEqual([
      `videos/${jobId} ü+.png.2.mp4`,
      `videos/${jobId} ü+.png.job.json`,
      `videos/${jobId} ü+.png.mp4`,
    ]);
    expect((await aws.items(jobId)).STATE).toMatchObject({ videoCount: 2 });
  });

  it('is not fetched again when an earlier invocation stored it and died', async () => {
    const jobId = await given();
    await store(jobId);
    await putJob(
      { ...storingState({ sequence: 3 }), outputKey: `videos/${jobId} ü+.png.mp4`, jobId },
      jobRequest(),
    );
    await store(jobId);
    expect(downloads()).toHaveLength(1);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'succeeded', video: { sha256 } });
  });

  it('of another job under the same key does not count', async () => {
    const first = await given();
    await store(first);
    const second = await given({ outputKey: `videos/${first} ü+.png.mp4` });
    await store(second);
    expect(downloads()).toHaveLength(2);
    expect((await aws.items(second)).STATE).toMatchObject({ status: 'succeeded' });
  });
});

const declare =
  (bytes: Uint8Array, length: number): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(length) });
    response.write(bytes, () => response.destroy());
  };

describe('nothing is stored, and the job goes on, for', () => {
  it.each([
    [
      'a web page',
      file(Buffer.from('<!doctype html><html>gone</html>'), { 'content-type': 'text/html' }),
      'DOWNLOAD_INVALID',
    ],
    [
      'a web page declared as a video',
      file(Buffer.from('<!doctype html><html>gone</html>')),
      'DOWNLOAD_INVALID',
    ],
    ['JSON', file(Buffer.from('{"error":"x"}')), 'DOWNLOAD_INVALID'],
    ['nothing', file(Buffer.alloc(0)), 'DOWNLOAD_INVALID'],
    ['half a file with its own length', file(video.subarray(0, video.length / 2)), 'DOWNLOAD_INVALID'],
    [
      'half a file with no length',
      ((response) => response.end(video.subarray(0, video.length / 2))) satisfies Answer,
      'DOWNLOAD_INVALID',
    ],
    ['a file without its last byte', file(video.subarray(0, video.length - 1)), 'DOWNLOAD_INVALID'],
    ['a connection cut in the middle', declare(video.subarray(0, 1000), video.length), 'DOWNLOAD_FAILED'],
    [
      'a connection cut before the last byte',
      declare(video.subarray(0, video.length - 1), video.length),
      'DOWNLOAD_FAILED',
    ],
    ['a 404', json(404, {}), 'DOWNLOAD_FAILED'],
    ['a 500', json(500, {}), 'DOWNLOAD_FAILED'],
  ])('%s', async (_, answer, verdict) => {
    provider.download = answer;
    const jobId = await given();
    await expect(store(jobId)).rejects.toThrow();
    expect(await keysOf(jobId)).toEqual([]);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'storing', unconfirmed: { verdict } });
    provider.download = file(video);
    await store(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'succeeded' });
  });

  it('that goes wrong four times in a row is noted once', async () => {
    provider.download = json(500, {});
    const jobId = await given();
    for (let tries = 0; tries < 4; tries += 1) await expect(store(jobId)).rejects.toThrow();
    expect((await aws.items(jobId)).STATE).toMatchObject({
      unconfirmed: { verdict: 'DOWNLOAD_FAILED', answers: 1, lastAt: expect.any(String) },
    });
  });

  it('a redirect to an address that must be refused, which sees no request', async () => {
    provider.download = (response) => response.writeHead(302, { location: `${elsewhere.url}/v.mp4` }).end();
    const jobId = await given();
    await expect(store(jobId)).rejects.toMatchObject({ name: 'AddressRefused' });
    expect(elsewhere.seen).toEqual([]);
    expect(await keysOf(jobId)).toEqual([]);
  });

  it('an output at an address that must be refused', async () => {
    provider.check = envelope({ status: 'completed', outputs: [`${elsewhere.url}/v.mp4`] });
    await expect(store(await given())).rejects.toMatchObject({ name: 'AddressRefused' });
    expect(elsewhere.seen).toEqual([]);
  });

  it('a provider that takes its word back', async () => {
    provider.check = envelope({ status: 'processing' });
    await expect(store(await given())).rejects.toMatchObject({ name: 'VideoNotOffered' });
  });
});

it('the key goes to the question and not to the file', async () => {
  await store(await given());
  expect(provider.seen.map(({ path, headers }) => [path.split('/')[1], headers.authorization])).toEqual([
    ['api', 'test-key'],
    ['v.mp4', undefined],
  ]);
});
