import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileTrouble } from './faults.ts';
import type { Gateway } from './gateway.ts';
import { type Reply, send } from './http.ts';
import type { RenderedVideo } from './renderer.ts';
import { availableSinceMs, type Task } from './tasks.ts';
import { webPage } from './web-page.ts';

/** What both origins share: the video behind a name under /files/, as long as it is kept. */
export function findVideo(gateway: Pick<Gateway, 'tasks' | 'filesTtlMs'>, fileName: string) {
  const task = gateway.tasks.findByFileName(fileName);
  const now = Date.now();
  const since = task && availableSinceMs(task, now);
  if (task?.rendering.state !== 'ready' || since === undefined || now - since > gateway.filesTtlMs)
    return undefined;
  return { task, video: task.rendering.video };
}

/** GET and HEAD of /files/NAME: public, as the real gateway's links are. */
export async function answerFile(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  fileName: string,
): Promise<void> {
  const isDownload = request.method === 'GET';
  if (isDownload) gateway.ledger.downloads += 1;
  const found = findVideo(gateway, fileName);
  if (!found) return sendNotFound(response);
  const { task, video } = found;
  if (isDownload) task.downloads += 1;
  // A HEAD uses up nothing: it would hide the fault from the download that follows.
  const due = task.fileFaults.find((counted) => counted.left > 0);
  if (!due) return sendVideo(request, response, video);
  if (isDownload) due.left -= 1;
  const { row, seconds = 0 } = due.fault;
  if (isCut(row.answer)) return sendCut(row.answer, seconds * 1000, gateway.closing, response, video);
  return send(response, await otherAnswer(row.answer, gateway, task));
}

const notFound: Reply = { status: 404, body: 'There is no such file.\n' };
export const sendNotFound = (response: ServerResponse) => send(response, notFound);

/** The file as it is, whole or a range of it. */
export async function sendVideo(
  request: IncomingMessage,
  response: ServerResponse,
  video: RenderedVideo,
): Promise<void> {
  const range = parseRange(request.headers.range, video.bytes);
  if (range === 'unsatisfiable') {
    return send(response, { status: 416, headers: { 'content-range': `bytes */${video.bytes}` }, body: '' });
  }
  const { start, end } = range ?? { start: 0, end: video.bytes - 1 };
  response.writeHead(range ? 206 : 200, {
    'content-type': 'video/mp4',
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    etag: `"${video.sha256.slice(0, 32)}"`,
    ...(range ? { 'content-range': `bytes ${start}-${end}/${video.bytes}` } : {}),
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(video.path, { start, end }), response);
}

type Cut = 'truncated' | 'short' | 'empty' | 'no-length' | 'slow';
const isCut = (trouble: FileTrouble): trouble is Cut =>
  ['truncated', 'short', 'empty', 'no-length', 'slow'].includes(trouble);

/** Something else than the video. */
async function otherAnswer(trouble: Exclude<FileTrouble, Cut>, gateway: Gateway, task: Task): Promise<Reply> {
  switch (trouble) {
    case 'html':
      return webPage(200);
    case 'html-as-mp4':
      return webPage(200, 'video/mp4');
    case 'missing':
      return notFound;
    case 'error':
      return { status: 500, body: 'Internal server error\n' };
    case 'bad-gateway':
      return { status: 502, body: 'Bad gateway\n' };
    case 'reset':
      return { lost: 'reset' };
    case 'redirect': {
      const location = `${await gateway.foreignOrigin.url()}/files/${task.fileName}`;
      return { status: 302, headers: { location }, body: '' };
    }
  }
}

/** The video, but not as it should come. Ranges are ignored here, as a gateway in trouble might. */
async function sendCut(
  trouble: Cut,
  pauseMs: number,
  closing: AbortSignal,
  response: ServerResponse,
  video: RenderedVideo,
): Promise<void> {
  const whole = await readFile(video.path);
  const part = whole.subarray(0, whole.length * 0.6);
  const declare = (length: number) =>
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': length });
  const isHead = response.req.method === 'HEAD';
  switch (trouble) {
    case 'empty':
      declare(0).end();
      return;
    case 'short':
      declare(part.length).end(part);
      return;
    case 'no-length':
      response.writeHead(200, { 'content-type': 'video/mp4' }).end(whole);
      return;
    case 'truncated':
      if (isHead) declare(whole.length).end();
      // What was written reaches the client, then the connection ends where more was promised.
      else declare(whole.length).write(part, () => response.socket?.end());
      return;
    case 'slow':
      declare(whole.length).write(part);
      if (!isHead) await sleep(pauseMs, undefined, { signal: closing });
      response.end(whole.subarray(part.length));
  }
}

/** One range of bytes; several at once are answered with the whole file, which RFC 9110 allows. */
function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start >= size || start > end ? 'unsatisfiable' : { start, end };
}
