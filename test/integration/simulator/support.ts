import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ensurePythonEnvironment } from '../../../local/python-environment.ts';
import { type GatewayOptions, type RunningGateway, startGateway } from '../../../simulator/server.ts';
import { TEST_FILMS } from '../../support/set-up/handover.ts';

export const key = 'sk-test-key';
export const picture = readFileSync(join(import.meta.dirname, '../../../examples/frame.jpg'));

export interface PictureServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves pictures, and files that are none, on loopback. */
export const startPictures = (): Promise<PictureServer> =>
  startServer((request, response) => {
    switch (request.url) {
      case '/frame.jpg':
        return response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture);
      case '/moved.jpg':
        return response.writeHead(302, { location: '/frame.jpg' }).end();
      case '/page':
        return response.writeHead(200, { 'content-type': 'image/jpeg' }).end('<html>not a picture</html>');
      case '/half.jpg':
        return response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture.subarray(0, 12));
      default:
        return response.writeHead(404).end();
    }
  });

/** Serves bodies by path, and 404 for the rest. */
export const startFiles = (bodies: Record<string, Buffer>): Promise<PictureServer> =>
  startServer((request, response) => {
    const body = bodies[request.url ?? ''];
    response.writeHead(body ? 200 : 404).end(body);
  });

async function startServer(listener: RequestListener): Promise<PictureServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const cachedFfmpeg = join(import.meta.dirname, '../../support/cached-ffmpeg.mjs');

/** A gateway with an ffmpeg that renders a film once a run, where Jest's set-up made a place for films. */
export const start = async (options: Partial<GatewayOptions> = {}): Promise<RunningGateway> =>
  startGateway({
    key,
    seconds: 0.2,
    ffmpeg: process.env[TEST_FILMS] ? cachedFfmpeg : await realFfmpeg(),
    ...options,
  });

/** The ffmpeg program itself, where a test is about rendering. */
export const realFfmpeg = async (): Promise<string> => (await ensurePythonEnvironment()).ffmpeg();

const Envelope = z.object({
  data: z
    .object({
      id: z.string(),
      model: z.string(),
      outputs: z.array(z.string()),
      urls: z.object({ get: z.string() }),
      status: z.string(),
      error: z.string().nullable(),
      executionTime: z.number(),
      timings: z.object({ inference: z.number() }),
      has_nsfw_contents: z.array(z.boolean()),
      created_at: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    })
    .nullable(),
  message: z.string(),
  code: z.number(),
});
type Data = NonNullable<z.infer<typeof Envelope>['data']>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly message: string;
  readonly code: number;
  readonly data: Data | null;
}

async function read(response: Response): Promise<Answer> {
  const { data, message, code } = Envelope.parse(await response.json());
  return { status: response.status, headers: response.headers, data, message, code };
}

export interface Submit {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly timeoutMs?: number;
}

export const post = (gateway: RunningGateway, body: unknown, { path, headers, timeoutMs }: Submit = {}) =>
  fetch(`${gateway.url}/api/v3/google/${path ?? 'veo3.1-fast/image-to-video'}`, {
    method: 'POST',
    headers: { authorization: key, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs ?? 20_000),
  });

export const submit = async (gateway: RunningGateway, body: unknown, options?: Submit): Promise<Answer> =>
  read(await post(gateway, body, options));

/** The data of an accepted submit. */
export async function accept(gateway: RunningGateway, body: unknown, options?: Submit): Promise<Data> {
  const { status, data, message } = await submit(gateway, body, options);
  if (status !== 200 || !data) throw new Error(`not accepted: ${status} ${message}`);
  return data;
}

export const askOnce = (gateway: RunningGateway, id: string, authorization = key, timeoutMs = 20_000) =>
  fetch(`${gateway.url}/api/v3/predictions/${id}/result`, {
    headers: { authorization },
    signal: AbortSignal.timeout(timeoutMs),
  });

export const ask = async (gateway: RunningGateway, id: string): Promise<Answer> =>
  read(await askOnce(gateway, id));

/** Polls until the status is one of the words. */
export async function until(gateway: RunningGateway, id: string, ...words: string[]): Promise<Data> {
  for (const giveUpAt = Date.now() + 110_000; Date.now() < giveUpAt; await sleep(50)) {
    const { data } = await ask(gateway, id);
    if (data && words.includes(data.status)) return data;
  }
  throw new Error(`never ${words.join(' or ')}`);
}

export async function outputOf(gateway: RunningGateway, id: string): Promise<string> {
  const [output] = (await until(gateway, id, 'completed')).outputs;
  if (!output) throw new Error('completed without outputs');
  return output;
}

export interface Film {
  readonly boxes: readonly string[];
  readonly size: string;
  readonly seconds: number;
  readonly streams: string;
}

/** Decodes every frame with ffmpeg; rejects when one is broken. */
export async function watch(bytes: Buffer): Promise<Film> {
  return inFolder(async (folder) => {
    const file = join(folder, 'video.mp4');
    await writeFile(file, bytes);
    const log = await runFfmpeg(['-hide_banner', '-xerror', '-i', file, '-f', 'null', '-']);
    const [, hours = '', minutes = '', seconds = ''] = /Duration: (\d+):(\d+):([\d.]+)/.exec(log) ?? [];
    const streams = [...(log.split('Output #0')[0]?.matchAll(/Stream #.*/g) ?? [])].join('\n');
    return {
      boxes: boxesOf(bytes),
      size: /Video:.*?, (\d+x\d+)/.exec(streams)?.[1] ?? '',
      seconds: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
      streams,
    };
  });
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'startframe-watch-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs ffmpeg and answers its stderr. */
async function runFfmpeg(commandLine: readonly string[]): Promise<string> {
  const ffmpeg = await realFfmpeg();
  return new Promise((resolve, reject) => {
    execFile(ffmpeg, ['-nostdin', ...commandLine], (error, _stdout, stderr) =>
      error ? reject(error) : resolve(stderr),
    );
  });
}

export function boxesOf(bytes: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    names.push(bytes.toString('latin1', at + 4, at + 8));
    at += Math.max(8, bytes.readUInt32BE(at));
  }
  return names;
}

export const download = async (url: string): Promise<Buffer> =>
  Buffer.from(await (await fetch(url)).arrayBuffer());

export async function script(gateway: RunningGateway, body: unknown): Promise<number> {
  const response = await fetch(`${gateway.url}/_gateway/script`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

export const postJson = (url: string, body: unknown, headers: Record<string, string>) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });

/** Repeats a request until its answer is the expected one. */
export async function repeat<Answer>(
  askAgain: () => Promise<Answer>,
  isIt: (answer: Answer) => boolean,
): Promise<Answer> {
  for (const giveUpAt = Date.now() + 110_000; Date.now() < giveUpAt; await sleep(50)) {
    const answer = await askAgain();
    if (isIt(answer)) return answer;
  }
  throw new Error('never');
}

/** A small silent film: one colour, then another from the middle on. */
export async function clip(seconds = 2, colours = ['red', 'red']): Promise<Buffer> {
  const halves = colours.flatMap((colour) => [
    ...['-f', 'lavfi', '-i', `color=c=${colour}:s=320x568:r=24:d=${seconds / 2}`],
  ]);
  const graph = ['-filter_complex', '[0:v][1:v]concat=n=2', '-pix_fmt', 'yuv420p'];
  return inFolder(async (folder) => {
    const file = join(folder, 'clip.mp4');
    await runFfmpeg([...halves, ...graph, file]);
    return readFile(file);
  });
}

/** The colour of the middle at a time: `red`, or `12,34,56` where it has no name. */
export async function colourAt(bytes: Buffer, second: number): Promise<string> {
  return inFolder(async (folder) => {
    const [film, raw] = [join(folder, 'film.mp4'), join(folder, 'raw')];
    await writeFile(film, bytes);
    const onePixel = ['-frames:v', '1', '-vf', 'scale=1:1:flags=area', '-pix_fmt', 'rgb24', '-f', 'rawvideo'];
    await runFfmpeg(['-ss', `${second}`, '-i', film, ...onePixel, raw]);
    const [red = 0, green = 0, blue = 0] = await readFile(raw);
    if (red > 200 && green < 50 && blue < 50) return 'red';
    if (red < 50 && green < 50 && blue > 200) return 'blue';
    return `${red},${green},${blue}`;
  });
}
