import type { DialectName } from '../dialect-name.ts';
import type { FileReply, GatewayRequest, PlainReply, Reply } from '../http/messages.ts';
import type { Refusal } from '../http/refusal.ts';
import type { Submission, TaskView } from '../tasks/task.ts';

export type AuthStyle = 'any' | 'bare' | 'bearer';

/** The named parts of a route's path, decoded. */
export type PathParts = Readonly<Record<string, string | undefined>>;

export interface Credentials {
  readonly key: string;
  /** How the key may stand in the Authorization header, for dialects that have a choice. */
  readonly authStyle: AuthStyle;
}

/** The gateway's own videos, which a submit may extend. */
export interface OwnVideos {
  /** How the gateway names itself in its answers. */
  readonly baseUrl: string;
  /** The video of a task while it is kept. This is no download: no fault applies and nothing is counted. */
  read(taskId: string): Promise<Buffer | undefined>;
}

/** A POST that starts a task. `read` validates and refuses; faults, task and ledger are the gateway's concern. */
export interface SubmitRoute {
  readonly kind: 'submit';
  readonly path: RegExp;
  read(request: GatewayRequest, parts: PathParts, ownVideos: OwnVideos): Promise<Submission>;
  answer(view: TaskView, baseUrl: string): PlainReply | Promise<PlainReply>;
}

/** A poll of a task's status. */
export interface PollRoute {
  readonly kind: 'poll';
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  taskId(request: GatewayRequest, parts: PathParts): string;
  answer(view: TaskView, baseUrl: string, request: GatewayRequest): PlainReply | Promise<PlainReply>;
}

/** Cancels a task that is not over yet. */
export interface CancelRoute {
  readonly kind: 'cancel';
  readonly method: 'POST' | 'DELETE';
  readonly path: RegExp;
  taskId(request: GatewayRequest, parts: PathParts): string;
  answer(view: TaskView, baseUrl: string): PlainReply | Promise<PlainReply>;
}

/** Any other request about a task, such as a download with the key. */
export interface TaskRoute {
  readonly kind: 'task';
  readonly method: 'GET';
  readonly path: RegExp;
  taskId(request: GatewayRequest, parts: PathParts): string;
  answer(view: TaskView, request: GatewayRequest): Reply | FileReply;
}

export type Route = SubmitRoute | PollRoute | CancelRoute | TaskRoute;

/** An API as one kind of gateway has it: paths, validation, wording. A new dialect is one folder and one line in `registry.ts`. */
export interface Dialect {
  readonly name: DialectName;
  readonly routes: readonly Route[];
  isAuthorised(request: Pick<GatewayRequest, 'headers'>, credentials: Credentials): boolean;
  refuse(refusal: Refusal): PlainReply;
}
