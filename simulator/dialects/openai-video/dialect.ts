import { readFile } from 'node:fs/promises';
import type { FileReply, GatewayRequest, PlainReply } from '../../http/messages.ts';
import { Refusal, type RefusalKind, retryAfterHeader } from '../../http/refusal.ts';
import { isOver, type Task, type TaskState, type TaskView } from '../../tasks/task.ts';
import type { Dialect, PathParts } from '../dialect.ts';
import {
  type OpenaiImages,
  type OpenaiReading,
  type OpenaiSeconds,
  readJsonSubmission,
  readVideosSubmission,
} from './submission.ts';

// Seed 004, and what relays that speak like it were seen to answer (PROVIDERS.md, 21 Nov 2026).

export interface OpenaiVideoOptions {
  /** Default `data`: an address in JSON is dropped without a word, and a text-to-video charged, as measured. */
  readonly openaiImages?: OpenaiImages | undefined;
  /** Default `string`. */
  readonly openaiSeconds?: OpenaiSeconds | undefined;
  /** The form of every poll's answer; by default 3 at /v1/video/generations and 4 at /v1/videos. */
  readonly openaiShape?: OpenaiShape | undefined;
}

export const openaiShapes = ['1', '2', '3', '4'] as const;
export type OpenaiShape = (typeof openaiShapes)[number];

const idOf = ({ id, looks }: Task) => `task_${id}${looks.includes('odd-id') ? '/+=' : ''}`;

const taskId = (_request: GatewayRequest, { id = '' }: PathParts) =>
  /^task_([0-9a-f]{32})(?:\/\+=)?$/.exec(id)?.[1] ?? id;

/** The answer of seed 004 to a submit. */
function showAccepted({ task, state }: TaskView): PlainReply {
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
}

const lowerWords = {
  queued: 'queued',
  failed: 'failed',
  cancelled: 'cancelled',
  mystery: 'marinating',
};

/** Success lies: what was filtered or came out empty shows as a success, without a video. */
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

async function showTask(view: TaskView, baseUrl: string, usual: OpenaiShape): Promise<PlainReply> {
  const { task, state } = view;
  const shape = openaiShapes.find((each) => task.looks.includes(`shape-${each}`)) ?? usual;
  const facts = {
    id: task.looks.includes('other-id') ? `task_${[...task.id].reverse().join('')}` : idOf(task),
    status: wordOf(task, state, shape),
    url: await urlOf(view, baseUrl),
    reason: task.looks.includes('no-reason') ? undefined : view.reason,
  };
  return { status: 200, body: shapes[shape](view, facts) };
}

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

async function urlOf({ task, state, outputs, reason }: TaskView, baseUrl: string): Promise<string> {
  if (state === 'succeeded') {
    if (task.looks.includes('content-url')) {
      return `${baseUrl}/v1/videos/${encodeURIComponent(idOf(task))}/content`;
    }
    return task.looks.includes('data-url') ? dataUrlOf(task) : (outputs[0] ?? '');
  }
  const isText = isOver(state) && task.looks.includes('url-text');
  return isText ? (reason ?? 'The upstream returned no video') : '';
}

async function dataUrlOf({ rendering }: Task): Promise<string> {
  if (rendering.state !== 'ready') return '';
  return `data:video/mp4;base64,${(await readFile(rendering.video.path)).toString('base64')}`;
}

/** As OpenAI's client reads it. There it deletes what is finished; here, as a cancel, what is not. */
const showDeleted = ({ task }: TaskView): PlainReply => ({
  status: 200,
  body: { id: idOf(task), object: 'video.deleted', deleted: true },
});

/** The bytes, with the key. What is no success yet is a 400; a success without a video is a 502, for ever. */
function answerContent({ task, state }: TaskView): FileReply {
  if (state === 'succeeded') return { file: task.fileName };
  if (state === 'filtered' || state === 'empty') {
    throw new Refusal('server', 'The upstream returned no video', { status: 502 });
  }
  throw new Refusal('invalid', `Task is not completed yet, current status: ${wordsOf['2'][state]}`);
}

/** These come before the relay has chosen an upstream, in OpenAI's envelope; everything else in that of its tasks. */
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

function refuse(refusal: Refusal): PlainReply {
  const { kind, message } = refusal;
  const headers = retryAfterHeader(refusal);
  const early = earlyCodes[kind];
  if (early !== undefined) {
    const error = { code: early, message, type: 'new_api_error' };
    return { status: refusal.status, headers, body: { error } };
  }
  // An unknown task is a 400 here.
  const status = kind === 'no-task' ? 400 : refusal.status;
  return { status, headers, body: { code: taskCodes[kind] ?? 'fail_to_fetch_task', message, data: null } };
}

export function openaiVideo(options: OpenaiVideoOptions): Dialect {
  const { openaiImages: images = 'data', openaiSeconds: seconds = 'string', openaiShape } = options;
  const reading: OpenaiReading = { images, seconds };
  return {
    name: 'openai-video',
    routes: [
      {
        kind: 'submit',
        path: /^\/v1\/video\/generations$/,
        read: (request) => readJsonSubmission(request, reading),
        answer: showAccepted,
      },
      {
        kind: 'submit',
        path: /^\/v1\/videos$/,
        read: (request) => readVideosSubmission(request, reading),
        answer: showAccepted,
      },
      {
        kind: 'poll',
        method: 'GET',
        path: /^\/v1\/video\/generations\/(?<id>[^/]+)$/,
        taskId,
        answer: (view, baseUrl) => showTask(view, baseUrl, openaiShape ?? '3'),
      },
      {
        kind: 'poll',
        method: 'GET',
        path: /^\/v1\/videos\/(?<id>[^/]+)$/,
        taskId,
        answer: (view, baseUrl) => showTask(view, baseUrl, openaiShape ?? '4'),
      },
      {
        kind: 'cancel',
        method: 'POST',
        path: /^\/v1\/video\/generations\/(?<id>[^/]+)\/cancel$/,
        taskId,
        answer: (view, baseUrl) => showTask(view, baseUrl, openaiShape ?? '3'),
      },
      {
        kind: 'cancel',
        method: 'DELETE',
        path: /^\/v1\/videos\/(?<id>[^/]+)$/,
        taskId,
        answer: showDeleted,
      },
      {
        kind: 'task',
        method: 'GET',
        path: /^\/v1\/videos\/(?<id>[^/]+)\/content$/,
        taskId,
        answer: answerContent,
      },
    ],
    isAuthorised: ({ headers }, { key }) => headers.authorization === `Bearer ${key}`,
    refuse,
  };
}
