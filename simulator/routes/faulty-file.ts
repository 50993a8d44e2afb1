import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileFault } from '../faults/fault.ts';
import type { PlannedFaults } from '../faults/fault-plan.ts';
import { drip } from '../http/drip.ts';
import { gzipBomb } from '../http/gzip-bomb.ts';
import { type Reply, send } from '../http/messages.ts';
import { webPage } from '../http/web-page.ts';
import type { RenderedVideo } from '../media/renderer.ts';
import type { Task } from '../tasks/task.ts';
import type { Gateway } from './gateway.ts';

export const notFound: Reply = { status: 404, body: 'There is no such file.\n' };

/** Answers a download with the fault that is due. */
export const sendFaultyFile = async (
  gateway: Gateway,
  { row, text, seconds = 0 }: PlannedFaults['file'][number],
  { task, video }: { readonly task: Task; readonly video: RenderedVideo },
  response: ServerResponse,
): Promise<void> => {
  if (isCut(row.answer)) return sendCut(row.answer, seconds, gateway.closing, response, video);
  return send(response, await otherAnswer(row.answer, text, gateway, task), gateway.closing);
};

const cuts = ['truncated', 'short', 'empty', 'no-length', 'slow', 'drip', 'bomb'] as const;
type Cut = (typeof cuts)[number];
const isCut = (fault: FileFault): fault is Cut => cuts.some((cut) => cut === fault);

/** Faults that replace the video by another answer. */
const otherAnswer = async (
  fault: Exclude<FileFault, Cut>,
  text: string | undefined,
  { foreignOrigin }: Gateway,
  { fileName }: Task,
): Promise<Reply> => {
  switch (fault) {
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
    case 'expired':
      return { status: 403, body: 'The address has expired.\n' };
    case 'key':
      return { status: 401, body: 'API key is missing or invalid\n' };
    case 'reset':
    case 'hang':
      return { lost: fault };
    case 'redirect':
      return redirectTo(`${await foreignOrigin.url()}/files/${fileName}`);
    case 'canary':
      return redirectTo(text ?? `${await foreignOrigin.url()}/canary`);
  }
};

const redirectTo = (location: string): Reply => ({ status: 302, headers: { location }, body: '' });

/** Faults that send the video badly. They ignore ranges, as a failing gateway might. */
const sendCut = async (
  fault: Cut,
  seconds: number,
  closing: AbortSignal,
  response: ServerResponse,
  video: RenderedVideo,
): Promise<void> => {
  const whole = await readFile(video.path);
  const part = whole.subarray(0, whole.length * 0.6);
  const declare = (length: number) =>
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': length });
  const isHead = response.req.method === 'HEAD';
  switch (fault) {
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
      // The client receives the part, then the connection ends before the declared length.
      else declare(whole.length).write(part, () => response.socket?.end());
      return;
    case 'slow':
      declare(whole.length).write(part);
      if (!isHead) await sleep(seconds * 1000, undefined, { signal: closing });
      response.end(whole.subarray(part.length));
      return;
    case 'drip':
      declare(whole.length);
      if (isHead) response.end();
      else await drip(response, whole, seconds, closing);
      return;
    case 'bomb': {
      const packed = gzipBomb(whole, 0);
      const head = {
        'content-type': 'video/mp4',
        'content-encoding': 'gzip',
        'content-length': packed.length,
      };
      response.writeHead(200, head).end(packed);
    }
  }
};
