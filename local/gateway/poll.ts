import type { Dialect, PathParts, PollRoute } from './dialect.ts';
import type { PollTrouble } from './faults.ts';
import type { Gateway } from './gateway.ts';
import type { GatewayRequest, Reply } from './http.ts';
import { Refusal } from './refusal.ts';
import { type Task, viewOf } from './tasks.ts';
import { webPage } from './web-page.ts';

/** A question about a task in any dialect. Several poll faults happen one after the other. */
export function answerPoll(
  gateway: Gateway,
  dialect: Dialect,
  route: PollRoute,
  request: GatewayRequest,
  parts: PathParts,
): Reply {
  const id = route.taskId(request, parts);
  const task = gateway.tasks.find(id);
  if (!task) throw unknownTask(id);
  task.polls += 1;
  const due = task.pollFaults.find((counted) => counted.left > 0);
  if (!due) return route.answer(viewOf(task, gateway.url, Date.now()), gateway.url);
  due.left -= 1;
  return troubled(due.fault.row.answer, gateway, dialect, route, task);
}

function troubled(
  trouble: PollTrouble,
  gateway: Gateway,
  dialect: Dialect,
  route: PollRoute,
  task: Task,
): Reply {
  const view = { ...viewOf(task, gateway.url, Date.now()), outputs: [], elapsedMs: 0 };
  switch (trouble) {
    case 'error':
      return dialect.refuse(new Refusal('server', 'Internal server error'));
    case 'rate':
      throw new Refusal('rate', 'Too many requests', { retryAfterSeconds: 1 });
    case 'lost':
      throw unknownTask(task.id);
    case 'reset':
    case 'hang':
      return { lost: trouble };
    case 'html':
      return webPage(200);
    case 'mystery':
      return route.answer({ ...view, state: 'mystery', reason: undefined }, gateway.url);
    case 'failed':
      return route.answer({ ...view, state: 'failed', reason: 'Upstream returned an error' }, gateway.url);
  }
}

export const unknownTask = (id: string) => new Refusal('no-task', `prediction ${id} does not exist`);
