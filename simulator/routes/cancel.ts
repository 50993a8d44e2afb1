import type { CancelRoute, Dialect, PathParts } from '../dialects/dialect.ts';
import type { GatewayRequest, Reply } from '../http/messages.ts';
import { Refusal } from '../http/refusal.ts';
import { isOver, stateOf, viewOf } from '../tasks/task.ts';
import type { Gateway } from './gateway.ts';
import { findTask } from './poll.ts';

/** Cancels and refunds an unfinished task. Idempotent; refuses when the task has ended otherwise. */
export const answerCancel = async (
  gateway: Gateway,
  dialect: Dialect,
  route: CancelRoute,
  request: GatewayRequest,
  parts: PathParts,
): Promise<Reply> => {
  const task = findTask(gateway, dialect, route.taskId(request, parts));
  const now = Date.now();
  const state = stateOf(task, now);
  if (isOver(state) && state !== 'cancelled') {
    throw new Refusal('finished', 'The task is finished and cannot be cancelled');
  }
  if (state !== 'cancelled') task.cancelledAtMs = now;
  return route.answer(viewOf(task, gateway.url, now), gateway.url);
};
