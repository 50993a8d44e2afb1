import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect, PathParts, Route } from '../dialects/dialect.ts';
import { type FileReply, type GatewayRequest, type Reply, readRequest, send } from '../http/messages.ts';
import { Refusal } from '../http/refusal.ts';
import type { SubmitRecord } from '../tasks/ledger.ts';
import { viewOf } from '../tasks/task.ts';
import { answerCancel } from './cancel.ts';
import { answerControl } from './control.ts';
import { answerFile } from './files.ts';
import type { Gateway } from './gateway.ts';
import { answerPoll, findTask } from './poll.ts';
import { answerSubmit } from './submit.ts';

export type Log = (line: string) => void;

/** Serves one request from its first byte to its last. Never rejects. */
export const serve = async (
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  log: Log | undefined,
): Promise<void> => {
  const startedAt = Date.now();
  const path = (request.url ?? '/').replace(/\?.*/s, '');
  // Registered first, so that a cut or endless answer is logged too, with status 0.
  response.once('close', () => {
    const status = response.headersSent ? response.statusCode : 0;
    log?.(`${request.method} ${path} ${status} ${Date.now() - startedAt} ms`);
  });
  try {
    const [, fileName] = /^\/files\/([^/]+)$/.exec(path) ?? [];
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    const isFile = fileName !== undefined && isReading;
    const reply = isFile ? { file: fileName } : await answer(gateway, request, path);
    if ('file' in reply) await answerFile(gateway, request, response, reply.file);
    else await send(response, reply, gateway.closing);
  } catch {
    // The client went away or the gateway is closing: nobody reads an answer.
    response.destroy();
  }
};

const answer = async (
  gateway: Gateway,
  incoming: IncomingMessage,
  path: string,
): Promise<Reply | FileReply> => {
  const found = findRoute(gateway.dialects, incoming.method ?? 'GET', path);
  const record = found?.route.kind === 'submit' ? gateway.ledger.recordSubmit(path) : undefined;
  if (found?.route.kind === 'poll') gateway.ledger.polls += 1;
  if (found?.route.kind === 'cancel') gateway.ledger.cancels += 1;
  try {
    const request = await readRequest(incoming);
    const reply = await answerRequest(gateway, request, found, record);
    if (record) record.status = statusOf(reply);
    return reply;
  } catch (error) {
    if (gateway.closing.aborted) throw error;
    const refusal = asRefusal(error);
    if (record) Object.assign(record, { status: refusal.status, message: refusal.message });
    return found?.dialect.refuse(refusal) ?? { status: refusal.status, body: { error: refusal.message } };
  }
};

/** The HTTP status of a reply; 0 for none. */
const statusOf = (reply: Reply | FileReply): number => {
  if ('status' in reply) return reply.status;
  return 'dripped' in reply ? reply.dripped.status : 0;
};

const answerRequest = async (
  gateway: Gateway,
  request: GatewayRequest,
  found: FoundRoute | undefined,
  record: SubmitRecord | undefined,
): Promise<Reply | FileReply> => {
  if (request.path.startsWith('/_gateway/')) return answerControl(gateway, request);
  if (!found) throw new Refusal('no-route', `There is no ${request.method} ${request.path}`);
  const { dialect, route, parts } = found;
  if (!dialect.isAuthorised(request, gateway.credentials)) {
    throw new Refusal('unauthorised', 'API key is missing or invalid');
  }
  if (route.kind === 'submit' && record) return answerSubmit(gateway, dialect, route, request, parts, record);
  if (route.kind === 'poll') return answerPoll(gateway, dialect, route, request, parts);
  if (route.kind === 'cancel') return answerCancel(gateway, dialect, route, request, parts);
  if (route.kind === 'task') {
    const task = findTask(gateway, dialect, route.taskId(request, parts));
    return route.answer(viewOf(task, gateway.url, Date.now()), request);
  }
  throw new Refusal('no-route', `There is no ${request.method} ${request.path}`);
};

interface FoundRoute {
  readonly dialect: Dialect;
  readonly route: Route;
  readonly parts: PathParts;
}

const findRoute = (dialects: readonly Dialect[], method: string, path: string): FoundRoute | undefined => {
  for (const dialect of dialects) {
    for (const route of dialect.routes) {
      const match = route.path.exec(path);
      if (!match || method !== (route.kind === 'submit' ? 'POST' : route.method)) continue;
      const parts = Object.entries(match.groups ?? {}).map(([name, part]) => [name, decode(part)]);
      return { dialect, route, parts: Object.fromEntries(parts) };
    }
  }
  return undefined;
};

/** Task ids may hold percent-encoded characters. Half an escape stays as it is. */
const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** A bug in the gateway shows as a 500 with its message. */
const asRefusal = (error: unknown) =>
  error instanceof Refusal
    ? error
    : new Refusal('server', `The simulated gateway has a bug: ${error}`, { cause: error });
