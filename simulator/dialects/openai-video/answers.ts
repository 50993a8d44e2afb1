import { readFile } from 'node:fs/promises';
import type { FileReply, PlainReply } from '../../http/messages.ts';
import { Refusal, type RefusalKind, retryAfterHeader } from '../../http/refusal.ts';
import type { TaskState } from '../../task-state.ts';
import { isOver, type Task, type TaskView } from '../../tasks/task.ts';

// Seed 004, and the answers of relays that speak like it (PROVIDERS.md, 21 Nov 2026).

export const openaiShapes = ['1', '2', '3', '4'] as const;
export type OpenaiShape = (typeof openaiShapes)[number];

const idOf = ({ id, variants }: Task) => `task_${id}${variants.includes('odd-id') ? '/+=' : ''}`;

/** The answer of seed 004 to a submit. */
export const showAccepted = ({ task, state }: TaskView): PlainReply => {
  const id = idOf(task);
  const isDone = isOver(state);
  const body = {
    id,
    task_id: id,
    object: 'video',
    model: task.submission.model,
    status: isDone ? wordOf(task, state, '4') : (task.words.queued ?? 'queued'),
    progress: isDone ? 100 : 0,
    created_at: Math.floor(task.createdAtMs / 1000),
  };
  return { status: 200, body };
};

const lowerWords = {
  queued: 'queued',
  failed: 'failed',
  cancelled: 'cancelled',
  mystery: 'marinating',
};

/** Filtered and empty tasks show as a success without a video. */
const ended = <Word extends string>(word: Word) => ({ succeeded: word, filtered: word, empty: word });

const wordsOf: Record<OpenaiShape, Record<TaskState, string>> = {
  1: { ...lowerWords, running: 'in_progress', ...ended('completed') },
  2: {
    queued: 'QUEUED',
    running: 'IN_PROGRESS',
    failed: 'FAILURE',
    cancelled: 'CANCELLED',
    mystery: 'MARINATING',
    ...ended('SUCCESS'),
  },
  3: { ...lowerWords, running: 'processing', ...ended('succeeded') },
  4: { ...lowerWords, running: 'in_progress', ...ended('completed') },
};

const wordOf = ({ words }: Task, state: TaskState, shape: OpenaiShape) =>
  words[state] ?? wordsOf[shape][state];

export const showTask = async (view: TaskView, baseUrl: string, usual: OpenaiShape): Promise<PlainReply> => {
  const { task, state } = view;
  const shape = openaiShapes.find((each) => task.variants.includes(`shape-${each}`)) ?? usual;
  const facts = {
    id: task.variants.includes('other-id') ? `task_${[...task.id].reverse().join('')}` : idOf(task),
    status: wordOf(task, state, shape),
    url: await urlOf(view, baseUrl),
    reason: task.variants.includes('no-reason') ? undefined : view.reason,
  };
  return { status: 200, body: shapes[shape](view, facts) };
};

interface Facts {
  readonly id: string;
  readonly status: string;
  /** Empty when there is none. */
  readonly url: string;
  readonly reason: string | undefined;
}

const errorOf = ({ reason }: Facts) =>
  reason === undefined ? null : { code: 'task_failed', message: reason };

/** The four forms of PROVIDERS.md, by its numbers. */
const shapes: Record<OpenaiShape, (view: TaskView, facts: Facts) => unknown> = {
  1: (_view, facts) => ({
    task_id: facts.id,
    status: facts.status,
    url: facts.url,
    format: 'mp4',
    metadata: {},
    error: errorOf(facts),
  }),
  2: ({ progressPercent }, { id, status, url, reason }) => ({
    code: 'success',
    message: '',
    data: {
      task_id: id,
      status,
      fail_reason: reason ?? '',
      result_url: url,
      progress: `${progressPercent}%`,
      data: {},
    },
  }),
  3: (_view, facts) => ({
    code: 'success',
    message: '',
    data: {
      error: errorOf(facts),
      format: 'mp4',
      metadata: null,
      status: facts.status,
      task_id: facts.id,
      url: facts.url,
    },
  }),
  4: ({ task, progressPercent }, facts) => ({
    id: facts.id,
    object: 'video',
    model: task.submission.model,
    status: facts.status,
    progress: progressPercent,
    created_at: Math.floor(task.createdAtMs / 1000),
    error: errorOf(facts),
    metadata: facts.url === '' ? {} : { url: facts.url },
  }),
};

const urlOf = async ({ task, state, outputs, reason }: TaskView, baseUrl: string): Promise<string> => {
  if (state === 'succeeded') {
    if (task.variants.includes('content-url')) {
      return `${baseUrl}/v1/videos/${encodeURIComponent(idOf(task))}/content`;
    }
    return task.variants.includes('data-url') ? dataUrlOf(task) : (outputs[0] ?? '');
  }
  const isText = isOver(state) && task.variants.includes('url-text');
  return isText ? (reason ?? 'The upstream returned no video') : '';
};

const dataUrlOf = async ({ rendering }: Task): Promise<string> => {
  if (rendering.state !== 'ready') return '';
  return `data:video/mp4;base64,${(await readFile(rendering.video.path)).toString('base64')}`;
};

/** The form that OpenAI's client reads. OpenAI deletes finished videos; here the call cancels an unfinished task. */
export const showDeleted = ({ task }: TaskView): PlainReply => ({
  status: 200,
  body: { id: idOf(task), object: 'video.deleted', deleted: true },
});

/** The bytes, with the key. An unfinished task is a 400; a success without a video is a 502 on every call. */
export const answerContent = ({ task, state }: TaskView): FileReply => {
  if (state === 'succeeded') return { file: task.fileName };
  if (state === 'filtered' || state === 'empty') {
    throw new Refusal('server', 'The upstream returned no video', { status: 502 });
  }
  throw new Refusal('invalid', `Task is not completed yet, current status: ${wordsOf['2'][state]}`);
};

/** Errors from before the relay chose an upstream use OpenAI's envelope; all others use the envelope of tasks. */
const earlyCodes: Partial<Record<RefusalKind, string>> = {
  unauthorised: 'invalid_api_key',
  'too-large': 'request_body_too_large',
  'no-model': 'model_not_found',
};

const taskCodes: Partial<Record<RefusalKind, string>> = {
  invalid: 'invalid_request',
  'no-task': 'task_not_exist',
  finished: 'task_finished',
  balance: 'insufficient_user_quota',
};

export const refuse = (refusal: Refusal): PlainReply => {
  const { kind, message } = refusal;
  const headers = retryAfterHeader(refusal);
  const early = earlyCodes[kind];
  if (early !== undefined) {
    const error = { code: early, message, type: 'new_api_error' };
    return { status: refusal.status, headers, body: { error } };
  }
  // This dialect answers 400 to an unknown task.
  const status = kind === 'no-task' ? 400 : refusal.status;
  return { status, headers, body: { code: taskCodes[kind] ?? 'fail_to_fetch_task', message, data: null } };
};
