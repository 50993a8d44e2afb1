import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { median } from './statistics.ts';

const SIZES_MB = [100, 500];
const RUNS = 3;
const CHUNK = Buffer.alloc(64 * 1024, 7);

const Taken = z.object({
  seconds: z.number(),
  cpuSeconds: z.number(),
  baseMb: z.number(),
  overBaseMb: z.number(),
});
type Taken = z.infer<typeof Taken>;

/**
 * Stores a video from a URL in a bucket over loopback, by StoreVideo and by the ways of the SDK. Every run is a process of its
 * own. The ways alternate, so that a noisy moment affects all of them.
 */
export const benchStoreVideo = async (): Promise<void> => {
  const source = await listen(sendVideo);
  const sink = await listen(swallow);
  try {
    const ways = z.array(z.string()).parse(await runWay('', source.url, sink.url));
    for (const megabytes of SIZES_MB) {
      const taken = new Map<string, Taken[]>(ways.map((way) => [way, []]));
      for (let run = 0; run < RUNS; run += 1)
        for (const way of ways)
          taken.get(way)?.push(Taken.parse(await runWay(way, `${source.url}/${megabytes}`, sink.url)));
      const rows = ways.map((way) => [way, row(megabytes, taken.get(way) ?? [])] as const);
      console.log(`\n${megabytes} MB from a URL into a bucket, median of ${RUNS}`);
      console.table(Object.fromEntries(rows));
    }
  } finally {
    source.close();
    sink.close();
  }
};

const row = (megabytes: number, taken: readonly Taken[]): Record<string, number> => ({
  'MB/s': Math.round(megabytes / median(taken.map(({ seconds }) => seconds))),
  'CPU ms/MB': Number(((median(taken.map(({ cpuSeconds }) => cpuSeconds)) / megabytes) * 1000).toFixed(1)),
  'base MB': Math.round(median(taken.map(({ baseMb }) => baseMb))),
  'peak over base, MB': Math.round(Math.max(...taken.map(({ overBaseMb }) => overBaseMb))),
});

const runWay = async (way: string, url: string, endpoint: string): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(
    'node',
    [join(import.meta.dirname, 'store-video-way.ts'), way, url],
    {
      env: {
        PATH: process.env.PATH,
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    },
  );
  return JSON.parse(stdout);
};

const clip = readFileSync(join(import.meta.dirname, '../test/fixtures/video/faststart.mp4'));

/** `/500` is a playable MP4 of 500 MB, most of it a box that players skip. */
const sendVideo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const padding = Number(request.url?.slice(1)) * 1e6;
  const head = Buffer.alloc(8);
  head.writeUInt32BE(padding);
  head.write('free', 4, 'latin1');
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': clip.length + padding });
  response.write(clip);
  response.write(head);
  for (let left = padding - head.length; left > 0; left -= CHUNK.length) {
    if (!response.write(CHUNK.subarray(0, Math.min(CHUNK.length, left))))
      await new Promise((resolve) => response.once('drain', resolve));
  }
  response.end();
};

/** The part of S3 that single and multipart uploads need. */
const swallow = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  for await (const _ of request);
  const query = new URL(request.url ?? '', 'http://sink').searchParams;
  response.setHeader('etag', '"etag"');
  if (query.has('uploads'))
    response.end('<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>');
  else if (request.method === 'POST')
    response.end('<CompleteMultipartUploadResult><ETag>"etag"</ETag></CompleteMultipartUploadResult>');
  else response.end();
};

const listen = async (
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<{ url: string; close(): void }> => {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  // Node's types also allow pipes and servers that are closed.
  if (typeof address !== 'object' || !address) throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
