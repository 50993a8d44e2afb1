import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { putVideo as PutVideo } from '../../../../../lambdas/shared/storage/video-store.ts';
import { readAwsChunked } from '../../../../support/strict-wire/aws-chunked.ts';

// What a TLS server that avoids fragments sends as one record.
const RECORD_BYTES = 1369;

let server: Server;
let answer: RequestListener;
let putVideo: typeof PutVideo;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  ({ putVideo } = await import('../../../../../lambdas/shared/storage/video-store.ts'));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const records = async function* (video: Buffer, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  for (let at = 0; at < video.byteLength; at += RECORD_BYTES) {
    const record = video.subarray(at, at + RECORD_BYTES);
    onRead?.(record.byteLength);
    yield record;
  }
};

const target = { bucket: 'videos', key: 'video.mp4', jobId: 'job' };

describe('a video that arrives in small records', () => {
  it.each([
    ['many chunks', 1_000_003],
    ['one chunk of the minimum', 65_536],
    ['less than a chunk', 5_000],
  ])('goes to S3 in chunks that S3 accepts: %s', async (_, videoBytes) => {
    let body = Buffer.alloc(0);
    answer = async (request, response) => {
      body = await buffer(request);
      response.end();
    };
    const video = Buffer.alloc(videoBytes, 'startframe');
    await putVideo({ ...target, contentLength: videoBytes }, records(video));
    const sent = readAwsChunked(body);
    expect(sent?.content.equals(video)).toBe(true);
    // S3 answers InvalidChunkSizeError to a smaller one, and the video is lost.
    expect(sent?.chunkBytes.slice(0, -1).filter((bytes) => bytes < 8192)).toEqual([]);
  });

  it('is read only as fast as S3 takes it', async () => {
    let stuck: IncomingMessage | undefined;
    answer = (request) => {
      stuck = request;
    };
    const video = Buffer.alloc(200_000_000);
    let readBytes = 0;
    const put = putVideo(
      { ...target, contentLength: video.byteLength },
      records(video, (bytes) => (readBytes += bytes)),
    );
    const refused = expect(put).rejects.toThrow();
    let before = -1;
    while (before !== readBytes || readBytes === 0) {
      before = readBytes;
      await sleep(300);
    }
    // What fits into the buffers of the socket and the streams, not the video.
    expect(readBytes).toBeLessThan(50_000_000);
    stuck?.socket.destroy();
    await refused;
  }, 30_000);
});
