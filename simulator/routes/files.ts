import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { send } from '../http/messages.ts';
import type { RenderedVideo } from '../media/renderer.ts';
import { availableSinceMs, type Task } from '../tasks/task.ts';
import { notFound, sendTrouble } from './file-faults.ts';
import type { Gateway } from './gateway.ts';

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
  if (!found) return send(response, notFound, gateway.closing);
  const { task, video } = found;
  if (isDownload) task.downloads += 1;
  // A HEAD uses up nothing: it would hide the fault from the download that follows.
  const due = task.fileFaults.find((counted) => counted.left > 0);
  if (!due || (due.fault.row.answer === 'key' && hasKey(gateway, request, task))) {
    return sendVideo(request, response, video, gateway.closing);
  }
  if (isDownload) due.left -= 1;
  return sendTrouble(gateway, due.fault, found, response);
}

const hasKey = ({ dialects, credentials }: Gateway, request: IncomingMessage, task: Task) =>
  dialects.find(({ name }) => name === task.dialect)?.isAuthorised(request, credentials) === true;

/** The file as it is, whole or a range of it. */
export async function sendVideo(
  request: IncomingMessage,
  response: ServerResponse,
  video: RenderedVideo,
  closing: AbortSignal,
): Promise<void> {
  const range = parseRange(request.headers.range, video.bytes);
  if (range === 'unsatisfiable') {
    const headers = { 'content-range': `bytes */${video.bytes}` };
    return send(response, { status: 416, headers, body: '' }, closing);
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
