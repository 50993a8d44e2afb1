import type { Dialect, PathParts, PollRoute } from '../dialects/dialect.ts';
import type { PollTrouble } from '../faults/faults.ts';
import { gzipBomb } from '../http/gzip-bomb.ts';
import type { GatewayRequest, PlainReply, Reply } from '../http/messages.ts';
import { Refusal } from '../http/refusal.ts';
import { webPage } from '../http/web-page.ts';
import { type Task, type TaskView, viewOf } from '../tasks/task.ts';
import type { Gateway } from './gateway.ts';

/** A question about a task in any dialect. Several poll faults happen one after the other. */
export async function answerPoll(
  gateway: Gateway,
  dialect: Dialect,
  route: PollRoute,
  request: GatewayRequest,
  parts: PathParts,
): Promise<Reply> {
  const task = findTask(gateway, dialect, route.taskId(request, parts));
  task.polls += 1;
  const show = (view: TaskView) => route.answer(view, gateway.url, request);
  const view = viewOf(task, gateway.url, Date.now());
  const due = task.pollFaults.find((counted) => counted.left > 0);
  if (!due) return show(view);
  due.left -= 1;
  const { row, seconds = 0 } = due.fault;
  switch (row.answer) {
    case 'drip':
      return { dripped: await show(view), seconds };
    case 'bomb':
      return bombOf(await show(view));
    case 'redirect':
      return {
        status: 302,
        headers: { location: `${await gateway.foreignOrigin.url()}${request.path}` },
        body: '',
      };
    default:
      return troubled(row.answer, dialect, { ...view, outputs: [], elapsedMs: 0 }, show);
  }
}

/** JSON may end in blanks: what unpacks all of it is still an answer. */
function bombOf({ status, headers, body }: PlainReply): PlainReply {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipBomb(Buffer.from(JSON.stringify(body)), blank),
  };
}
const blank = 0x20;

function troubled(
  trouble: Exclude<PollTrouble, 'drip' | 'bomb' | 'redirect'>,
  dialect: Dialect,
  view: TaskView,
  show: (view: TaskView) => PlainReply | Promise<PlainReply>,
): Reply | Promise<Reply> {
  switch (trouble) {
    case 'error':
      return dialect.refuse(new Refusal('server', 'Internal server error'));
    case 'rate':
      throw new Refusal('rate', 'Too many requests', { retryAfterSeconds: 1 });
    case 'lost':
      throw unknownTask(view.task.id);
    case 'reset':
    case 'hang':
      return { lost: trouble };
    case 'html':
      return webPage(200);
    case 'mystery':
      return show({ ...view, state: 'mystery', reason: undefined });
    case 'failed':
      return show({ ...view, state: 'failed', reason: 'Upstream returned an error' });
  }
}

/** A task belongs to the dialect that took it: no other knows it. */
export function findTask(gateway: Gateway, dialect: Dialect, id: string): Task {
  const task = gateway.tasks.find(id);
  if (task?.dialect !== dialect.name) throw unknownTask(id);
  return task;
}

export const unknownTask = (id: string) => new Refusal('no-task', `prediction ${id} does not exist`);
