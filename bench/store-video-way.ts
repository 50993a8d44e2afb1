import { get, type IncomingMessage } from 'node:http';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { openDownload } from '../lambdas/shared/http/download.ts';
import { VerifiedVideo } from '../lambdas/shared/storage/verified-video.ts';
import { putVideo } from '../lambdas/shared/storage/video-store.ts';

// Stores a video from a URL in a bucket in one way, in a process of its own. Prints the measurements as JSON.

const [way = '', url = ''] = process.argv.slice(2);
const target = { Bucket: 'videos', Key: 'bench.mp4' };

// S3 refuses the small chunks that the network delivers, unless the SDK joins them.
const requestStreamBufferSize = 65_536;

const open = (): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, resolve).once('error', reject));

const ways: Record<string, () => Promise<unknown>> = {
  'StoreVideo: streamed, verified, one PUT': async () => {
    const policy = { privateOrigins: [new URL(url).origin] };
    const { body, contentLength = 0 } = await openDownload({ url, policy });
    const video = new VerifiedVideo(body, contentLength);
    await putVideo({ bucket: target.Bucket, key: target.Key, jobId: 'bench', contentLength }, video);
    return video.facts;
  },
  'SDK PutObject of the stream': async () => {
    const source = await open();
    const ContentLength = Number(source.headers['content-length']);
    const s3 = new S3Client({ requestStreamBufferSize });
    await s3.send(new PutObjectCommand({ ...target, Body: source, ContentLength }));
  },
  'SDK PutObject, SHA-256 by the SDK': async () => {
    const source = await open();
    const ContentLength = Number(source.headers['content-length']);
    const checked = { ...target, Body: source, ContentLength, ChecksumAlgorithm: 'SHA256' } as const;
    await new S3Client({ requestStreamBufferSize }).send(new PutObjectCommand(checked));
  },
  'SDK Upload, 8 MiB × 2': async () =>
    new Upload({
      client: new S3Client({}),
      params: { ...target, Body: await open() },
      partSize: 8 * 1024 ** 2,
      queueSize: 2,
    }).done(),
  'SDK Upload, 5 MiB × 4 (its default)': async () =>
    new Upload({ client: new S3Client({}), params: { ...target, Body: await open() } }).done(),
};

const run = ways[way];
if (!run) {
  console.log(JSON.stringify(Object.keys(ways)));
} else {
  // All code is loaded by now: memory above this base is the work.
  const baseBytes = process.memoryUsage().rss;
  const started = performance.now();
  await run();
  const seconds = (performance.now() - started) / 1000;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  console.log(
    JSON.stringify({
      seconds,
      cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
      baseMb: baseBytes / 1e6,
      // Kilobytes of 1,024.
      overBaseMb: (maxRSS * 1024 - baseBytes) / 1e6,
    }),
  );
}
