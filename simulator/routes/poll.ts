import type { Dialect, PathParts, PollRoute } from '../dialects/dialect.ts';
import type { PollFault } from '../faults/fault.ts';
import { gzipBomb } from '../http/gzip-bomb.ts';
import type { GatewayRequest, PlainReply, Reply } from '../http/messages.ts';
import { Refusal } from '../http/refusal.ts';
import { webPage } from '../http/web-page.ts';
import { type Task, type TaskView, viewOf } from '../tasks/task.ts';
import type { Gateway } from './gateway.ts';

/** Answers a poll in any dialect. Several poll faults apply one after the other. */
export const answerPoll = async (
  gateway: Gateway,
  dialect: Dialect,
  route: PollRoute,
  request: GatewayRequest,
  parts: PathParts,
): Promise<Reply> => {
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
      return faultyAnswer(row.answer, dialect, { ...view, outputs: [], elapsedMs: 0 }, show);
  }
};

/** JSON may end in blanks, so the unpacked body is still a valid answer. */
const bombOf = ({ status, headers, body }: PlainReply): PlainReply => {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipBomb(Buffer.from(JSON.stringify(body)), blank),
  };
};
const blank = 0x20;

const faultyAnswer = (
  fault: Exclude<PollFault, 'drip' | 'bomb' | 'redirect'>,
  dialect: Dialect,
  view: TaskView,
  show: (view: TaskView) => PlainReply | Promise<PlainReply>,
): Reply | Promise<Reply> => {
  switch (fault) {
    case 'error':
      return dialect.refuse(new Refusal('server', 'Internal server error'));
    case 'rate':
      throw new Refusal('rate', 'Too many requests', { retryAfterSeconds: 1 });
    case 'lost':
      throw unknownTask(view.task.id);
    case 'reset':
    case 'hang':
      return { lost: fault };
    case 'html':
      return webPage(200);
    case 'mystery':
      return show({ ...view, state: 'mystery', reason: undefined });
    case 'failed':
      return show({ ...view, state: 'failed', reason: 'Upstream returned an error' });
  }
};

/** A task belongs to the dialect of its submit. Other dialects do not know it. */
export const findTask = (gateway: Gateway, dialect: Dialect, id: string): Task => {
  const task = gateway.tasks.find(id);
  if (task?.dialect !== dialect.name) throw unknownTask(id);
  return task;
};

export const unknownTask = (id: string) => new Refusal('no-task', `prediction ${id} does not exist`);
