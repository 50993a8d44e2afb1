import { type Answer, file, json } from '../../support/provider-server.ts';
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

describe('a video that opens with the key', () => {
  const operation = (video: object): Answer =>
    json(200, {
      name: 'x',
      done: true,
      response: { generateVideoResponse: { generatedSamples: [{ video }] } },
    });
  const givenAtGoogle = () => given({ provider: 'google', task: { id: 'models/m/operations/o' } });
  const withKey =
    (key: string): Answer =>
    (response, request) =>
      (request.headers['x-goog-api-key'] === key ? file(video) : json(401, {}))(response, request);
  const keysSeen = () => downloads().map(({ headers }) => headers['x-goog-api-key']);
  beforeEach(() => {
    provider.check = operation({ uri: `${provider.url}/v.mp4` });
  });

  it('is fetched with it, and the key is written down nowhere', async () => {
    provider.download = withKey('test-key');
    const jobId = await givenAtGoogle();
    await store(jobId);
    expect(keysSeen()).toEqual(['test-key']);
    expect(await read(`videos/${jobId} ü+.png.mp4`)).toEqual(video);
    const kept = JSON.stringify(await aws.items(jobId)) + (await read(`videos/${jobId} ü+.png.job.json`));
    expect(kept).not.toContain('test-key');
    expect(kept).not.toContain(provider.url);
  });

  it('takes the key along to an address of the same origin', async () => {
    provider.download = (response, request) =>
      request.path === '/v.mp4'
        ? response.writeHead(302, { location: '/bytes' }).end()
        : withKey('test-key')(response, request);
    await store(await givenAtGoogle());
    expect(provider.seen.at(-1)).toMatchObject({ path: '/bytes' });
  });

  it('shows it to no other origin', async () => {
    provider.download = (response) => response.writeHead(302, { location: `${elsewhere.url}/v.mp4` }).end();
    await expect(store(await givenAtGoogle())).rejects.toMatchObject({ name: 'AddressRefused' });
    expect(elsewhere.seen).toEqual([]);
  });

  it('is not fetched when the key is refused, and the job goes on', async () => {
    provider.download = withKey('another-key');
    const jobId = await givenAtGoogle();
    await expect(store(jobId)).rejects.toMatchObject({ name: 'DownloadRefused', status: 401 });
    expect(downloads()).toHaveLength(2);
    expect((await aws.items(jobId)).STATE).toMatchObject({ unconfirmed: { verdict: 'DOWNLOAD_FAILED' } });
  });

  it('is fetched with a key that was changed meanwhile', async () => {
    provider.download = withKey('new-key');
    await aws.setKey('google', 'new-key');
    const jobId = await givenAtGoogle();
    await store(jobId);
    expect(keysSeen()).toEqual(['test-key', 'new-key']);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'succeeded', video: { sha256 } });
  });

  it('is fetched from where a relay keeps the content, which is its own address', async () => {
    const answers: Record<string, Answer> = {
      '/api/v1/videos/t1': json(200, { id: 'other', object: 'video', status: 'completed', progress: 100 }),
      '/api/v1/videos/t1/content': file(video),
    };
    provider.check = (response, request) => answers[request.path]?.(response, request);
    const jobId = await given({ provider: 'relay', task: { id: 't1' } });
    await store(jobId);
    expect(provider.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/api/v1/videos/t1', 'Bearer test-key'],
      ['/api/v1/videos/t1/content', 'Bearer test-key'],
    ]);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'succeeded', video: { sha256 } });
  });

  describe('or comes inside the answer', () => {
    it('is stored from there, and nothing is fetched', async () => {
      provider.check = operation({ encodedVideo: video.toString('base64'), encoding: 'video/mp4' });
      const jobId = await givenAtGoogle();
      await store(jobId);
      expect(await read(`videos/${jobId} ü+.png.mp4`)).toEqual(video);
      expect((await aws.items(jobId)).STATE).toMatchObject({ video: { sha256, bytes: video.length } });
      expect(downloads()).toEqual([]);
    });

    it.each([
      ['cut', video.subarray(0, video.length / 2).toString('base64')],
      ['no base64', 'not a video at all'],
      ['a page', Buffer.from('<!doctype html>').toString('base64')],
    ])('and is not stored when it is %s', async (_what, encodedVideo) => {
      provider.check = operation({ encodedVideo });
      const jobId = await givenAtGoogle();
      await expect(store(jobId)).rejects.toMatchObject({ name: 'InvalidVideo' });
      expect(await keysOf(jobId)).toEqual([]);
      expect((await aws.items(jobId)).STATE).toMatchObject({ unconfirmed: { verdict: 'DOWNLOAD_INVALID' } });
    });
  });
});
