import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { send } from '../http/messages.ts';
import type { RenderedVideo } from '../media/renderer.ts';
import { availableSinceMs, type Task } from '../tasks/task.ts';
import { notFound, sendFaultyFile } from './faulty-file.ts';
import type { Gateway } from './gateway.ts';

/** The video behind a name under /files/ while it is kept; the same at both origins. */
export const findVideo = (gateway: Pick<Gateway, 'tasks' | 'filesTtlMs'>, fileName: string) => {
  const task = gateway.tasks.findByFileName(fileName);
  const now = Date.now();
  const since = task && availableSinceMs(task, now);
  if (task?.rendering.state !== 'ready' || since === undefined || now - since > gateway.filesTtlMs)
    return undefined;
  return { task, video: task.rendering.video };
};

/** GET and HEAD of /files/NAME. Public, as the real gateway's links are. */
export const answerFile = async (
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  fileName: string,
): Promise<void> => {
  const isDownload = request.method === 'GET';
  if (isDownload) gateway.ledger.downloads += 1;
  const found = findVideo(gateway, fileName);
  if (!found) return send(response, notFound, gateway.closing);
  const { task, video } = found;
  if (isDownload) task.downloads += 1;
  // A HEAD does not use a fault up: the download that follows must still meet it.
  const due = task.fileFaults.find((counted) => counted.left > 0);
  if (!due || (due.fault.row.answer === 'key' && hasKey(gateway, request, task))) {
    return sendVideo(request, response, video, gateway.closing);
  }
  if (isDownload) due.left -= 1;
  return sendFaultyFile(gateway, due.fault, found, response);
};

const hasKey = ({ dialects, credentials }: Gateway, request: IncomingMessage, task: Task) =>
  dialects.find(({ name }) => name === task.dialect)?.isAuthorised(request, credentials) === true;

/** Sends the file, whole or a range of it. */
export const sendVideo = async (
  request: IncomingMessage,
  response: ServerResponse,
  video: RenderedVideo,
  closing: AbortSignal,
): Promise<void> => {
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
};

/** Reads one range of bytes. Several ranges get the whole file, which RFC 9110 allows. */
const parseRange = (
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined => {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start >= size || start > end ? 'unsatisfiable' : { start, end };
};
