import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dialect, OwnVideos, PathParts, SubmitRoute } from '../dialects/dialect.ts';
import type { PlannedFaults } from '../faults/fault-plan.ts';
import type { GatewayRequest, PlainReply, Reply } from '../http/messages.ts';
import { invalid, Refusal } from '../http/refusal.ts';
import { webPage } from '../http/web-page.ts';
import type { TaskState } from '../task-state.ts';
import type { SubmitRecord } from '../tasks/ledger.ts';
import { isOver, stateOf, type Task, viewOf } from '../tasks/task.ts';
import { findVideo } from './files.ts';
import type { Gateway } from './gateway.ts';

/** A submit in any dialect: validate, refuse or accept, charge, answer, each with the faults that are due. */
export const answerSubmit = async (
  gateway: Gateway,
  dialect: Dialect,
  route: SubmitRoute,
  request: GatewayRequest,
  parts: PathParts,
  record: SubmitRecord,
): Promise<Reply> => {
  const submission = await route.read(request, parts, ownVideosOf(gateway));
  record.prompt = submission.prompt;
  checkLimits(gateway);
  const faults = gateway.faults.takeFor(submission.prompt);
  const alien = faults.variant.find(({ row }) => row.dialect !== dialect.name);
  if (alien) throw invalid('fault', `"${alien.row.name}" is of the dialect ${alien.row.dialect}`);
  if (faults.refuse) return refuseSubmit(gateway, faults.refuse, request);

  const task = gateway.tasks.accept(dialect.name, submission, faults, Date.now());
  record.taskId = task.id;
  if (submission.isSynchronous) await untilOver(gateway, task);
  const { accepted } = faults;
  if (accepted?.row.answer === 'slow') {
    await sleep((accepted.seconds ?? 0) * 1000, undefined, { signal: gateway.closing });
  }
  const show = (state?: TaskState) => {
    const view = viewOf(task, gateway.url, Date.now());
    return route.answer(state ? { ...view, state, outputs: [] } : view, gateway.url);
  };
  return accepted ? applyAcceptedFault(accepted, dialect, show) : show();
};

const ownVideosOf = ({ url, tasks, filesTtlMs }: Gateway): OwnVideos => ({
  baseUrl: url,
  async read(taskId) {
    const fileName = tasks.find(taskId)?.fileName;
    const found = fileName === undefined ? undefined : findVideo({ tasks, filesTtlMs }, fileName);
    return found && readFile(found.video.path);
  },
});

const refuseSubmit = async (
  { foreignOrigin }: Gateway,
  { row, text, seconds }: NonNullable<PlannedFaults['refuse']>,
  { path }: GatewayRequest,
): Promise<Reply> => {
  if (!('answer' in row)) {
    const { status, retryAfterSeconds } = row;
    throw new Refusal(row.kind, text ?? row.message, {
      status,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds: seconds ?? retryAfterSeconds }),
    });
  }
  if (row.answer !== 'redirect') return { lost: row.answer };
  return { status: 307, headers: { location: `${await foreignOrigin.url()}${path}` }, body: '' };
};

const applyAcceptedFault = async (
  { row, seconds = 0 }: NonNullable<PlannedFaults['accepted']>,
  dialect: Dialect,
  show: (state?: TaskState) => PlainReply | Promise<PlainReply>,
): Promise<Reply> => {
  switch (row.answer) {
    case 'error':
      return dialect.refuse(new Refusal('server', 'Internal server error'));
    case 'reset':
    case 'hang':
      return { lost: row.answer };
    case 'garbage': {
      const text = JSON.stringify((await show()).body);
      const headers = { 'content-type': 'application/json' };
      return { status: 200, headers, body: text.slice(0, text.length / 2) };
    }
    case 'html':
      return webPage(200);
    case 'completed':
      return show('empty');
    case 'slow':
      return show();
    case 'drip':
      return { dripped: await show(), seconds };
  }
};

const checkLimits = ({ limits, tasks }: Gateway): void => {
  const now = Date.now();
  if (tasks.inFlight(now) >= limits.inFlight) {
    throw new Refusal('rate', `Too many requests: ${limits.inFlight} tasks are running`, {
      retryAfterSeconds: 1,
    });
  }
  const recent = tasks.all().filter((task) => now - task.createdAtMs < 60_000);
  const oldest = recent[0];
  if (oldest && recent.length >= limits.perMinute) {
    const retryAfterSeconds = Math.ceil((oldest.createdAtMs + 60_000 - now) / 1000);
    throw new Refusal('rate', `Too many requests: ${limits.perMinute} a minute`, { retryAfterSeconds });
  }
};

const untilOver = async (gateway: Gateway, task: Task): Promise<void> => {
  while (!isOver(stateOf(task, Date.now()))) await sleep(50, undefined, { signal: gateway.closing });
};
