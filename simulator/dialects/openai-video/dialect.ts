import type { GatewayRequest } from '../../http/messages.ts';
import type { Dialect, PathParts } from '../dialect.ts';
import { answerContent, type OpenaiShape, refuse, showAccepted, showDeleted, showTask } from './answers.ts';
import {
  type OpenaiImages,
  type OpenaiReading,
  type OpenaiSeconds,
  readJsonSubmission,
  readVideosSubmission,
} from './submission.ts';

export interface OpenaiVideoOptions {
  /** Default `data`: a URL in JSON is silently dropped and a text-to-video is charged, as measured. */
  readonly openaiImages?: OpenaiImages | undefined;
  /** Default `string`. */
  readonly openaiSeconds?: OpenaiSeconds | undefined;
  /** The form of poll answers; default 3 at /v1/video/generations and 4 at /v1/videos. */
  readonly openaiShape?: OpenaiShape | undefined;
}

const taskId = (_request: GatewayRequest, { id = '' }: PathParts) =>
  /^task_([0-9a-f]{32})(?:\/\+=)?$/.exec(id)?.[1] ?? id;

export const openaiVideo = (options: OpenaiVideoOptions): Dialect => {
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
};
