import type { FileReply, GatewayRequest, PlainReply, Reply } from '../http/messages.ts';
import type { Refusal } from '../http/refusal.ts';
import type { Submission, TaskView } from '../tasks/task.ts';

export type AuthStyle = 'any' | 'bare' | 'bearer';

/** Parts of a path that its route names, decoded. */
export type PathParts = Readonly<Record<string, string | undefined>>;

export interface Credentials {
  readonly key: string;
  /** How the key may stand in the Authorization header, for dialects that have a choice. */
  readonly authStyle: AuthStyle;
}

/** What reading a submit may need of the gateway: the videos that it made itself. */
export interface OwnVideos {
  /** How the gateway names itself in its answers. */
  readonly baseUrl: string;
  /** The video of a task as long as it is kept. Nobody's download: no fault and no count. */
  read(taskId: string): Promise<Buffer | undefined>;
}

/** A POST that starts a task. `read` checks everything it can and refuses; faults, task and ledger are not its concern. */
export interface SubmitRoute {
  readonly kind: 'submit';
  readonly path: RegExp;
  read(request: GatewayRequest, parts: PathParts, ownVideos: OwnVideos): Promise<Submission>;
  answer(view: TaskView, baseUrl: string): PlainReply | Promise<PlainReply>;
}

/** A question about a task. */
export interface PollRoute {
  readonly kind: 'poll';
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  taskId(request: GatewayRequest, parts: PathParts): string;
  answer(view: TaskView, baseUrl: string, request: GatewayRequest): PlainReply | Promise<PlainReply>;
}

/** The end of a task that is not over yet. */
export interface CancelRoute {
  readonly kind: 'cancel';
  readonly method: 'POST' | 'DELETE';
  readonly path: RegExp;
  taskId(request: GatewayRequest, parts: PathParts): string;
  answer(view: TaskView, baseUrl: string): PlainReply | Promise<PlainReply>;
}

/** Anything else a dialect needs about a task: a download with the key. */
export interface TaskRoute {
  readonly kind: 'task';
  readonly method: 'GET';
  readonly path: RegExp;
  taskId(request: GatewayRequest, parts: PathParts): string;
  answer(view: TaskView, request: GatewayRequest): Reply | FileReply;
}

export type Route = SubmitRoute | PollRoute | CancelRoute | TaskRoute;

export type DialectName = 'gptproto' | 'gemini' | 'openai-video';

/** One way of speaking: its addresses, its checks and its words. A dialect is one file and one line in `dialects.ts`. */
export interface Dialect {
  readonly name: DialectName;
  readonly routes: readonly Route[];
  isAuthorised(request: Pick<GatewayRequest, 'headers'>, credentials: Credentials): boolean;
  refuse(refusal: Refusal): PlainReply;
}
