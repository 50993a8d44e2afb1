import { readFile } from 'node:fs/promises';
import type { GatewayRequest, PlainReply } from '../../http/messages.ts';
import { invalid, Refusal } from '../../http/refusal.ts';
import { deliveredSamplesOf, type Task, type TaskView } from '../../tasks/task.ts';
import type { Dialect } from '../dialect.ts';
import { type GeminiDuration, readGeminiSubmission } from './submission.ts';

// Seeds 002 and 003: Google's dialect, spoken by Google itself or by a gateway.

export interface GeminiOptions {
  /** Default `any`. */
  readonly geminiDuration?: GeminiDuration | undefined;
}

const responseType = 'type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse';

/** In seed 003 the operation carries another model's name than the submit. */
const operationName = ({ id, submission, variants }: Task): string => {
  const isPreview = submission.model === 'veo-3.1-generate-preview';
  const other = isPreview ? 'veo-3.1-fast-generate-preview' : 'veo-3.1-generate-preview';
  return `models/${variants.includes('other-model') ? other : submission.model}/operations/${id}`;
};

/** One answer for submit and poll. */
const showOperation = async (view: TaskView, baseUrl: string): Promise<PlainReply> => {
  return { status: 200, body: { name: operationName(view.task), ...(await outcomeOf(view, baseUrl)) } };
};

const outcomeOf = async (view: TaskView, baseUrl: string): Promise<Record<string, unknown>> => {
  // An operation has no status field. A status word fits only in the free-form metadata.
  const word = view.task.words[view.state];
  const metadata = word === undefined ? {} : { metadata: { state: word } };
  return { ...metadata, ...(await endOf(view, baseUrl)) };
};

const endOf = async (view: TaskView, baseUrl: string): Promise<Record<string, unknown>> => {
  switch (view.state) {
    case 'queued':
    case 'running':
      return {};
    case 'mystery':
      return { done: false, metadata: { state: 'MARINATING' } };
    case 'cancelled':
      return { done: true, error: { code: 1, message: view.reason ?? 'Cancelled' } };
    case 'empty':
      return { done: true };
    case 'failed':
      return { done: true, error: { code: 13, message: view.reason ?? 'Internal error' } };
    case 'filtered':
    case 'succeeded':
      return { done: true, response: await responseOf(view, baseUrl) };
  }
};

const responseOf = async (view: TaskView, baseUrl: string): Promise<Record<string, unknown>> => {
  const { variants } = view.task;
  const samples = await samplesOf(view, baseUrl);
  const filtered = view.task.submission.samples - samples.length;
  const rai = filtered > 0 ? { raiMediaFilteredCount: filtered, raiMediaFilteredReasons: [filterText] } : {};
  const type = { '@type': responseType };
  if (variants.includes('generated-videos')) return { ...type, generatedVideos: samples, ...rai };
  if (variants.includes('flat-samples')) return { ...type, generatedSamples: samples, ...rai };
  const shown = variants.includes('sample-object') ? samples[0] : samples;
  const list = samples.length > 0 ? { generatedSamples: shown } : {};
  return { ...type, generateVideoResponse: { ...list, ...rai } };
};

const filterText =
  "We encountered an issue with the safety of your prompt or image and could not create your video. You won't be charged.";

/** All samples of a task are the same film: one render, several URLs. */
const samplesOf = async ({ task, state }: TaskView, baseUrl: string) => {
  if (state !== 'succeeded') return [];
  const encodedVideo = task.variants.includes('encoded-video') ? await base64Of(task) : undefined;
  return Array.from({ length: deliveredSamplesOf(task) }, (_, sample) => {
    if (encodedVideo !== undefined) return { video: { encodedVideo, encoding: 'video/mp4' } };
    const uri = task.falseUrl ?? `${baseUrl}/v1beta/files/${task.id}${sample}:download?alt=media`;
    return { video: { uri } };
  });
};

const base64Of = async ({ rendering }: Task) =>
  rendering.state === 'ready' ? (await readFile(rendering.video.path)).toString('base64') : '';

/** Checks the key, then redirects to the public URL that holds the bytes. */
const answerDownload = ({ task, state }: TaskView, { path, query }: GatewayRequest): PlainReply => {
  if (query.get('alt') !== 'media') throw invalid('alt', 'must be media');
  const sample = Number(/(\d):download$/.exec(path)?.[1]);
  if (state !== 'succeeded' || sample >= deliveredSamplesOf(task)) {
    throw new Refusal('no-task', 'the file does not exist');
  }
  return { status: 302, headers: { location: `/files/${task.fileName}` }, body: '' };
};

const statusWords: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

/** Google puts the time to wait in the details, not in a header. */
const detailsOf = ({ kind, message, retryAfterSeconds }: Refusal): unknown[] => {
  if (kind === 'quota') {
    const violations = [
      { quotaId: 'PredictLongRunningRequestsPerDayPerProjectPerModel', description: message },
    ];
    return [{ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations }];
  }
  if (retryAfterSeconds === undefined) return [];
  return [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` }];
};

const refuse = (refusal: Refusal): PlainReply => {
  // Google answers 400, not 413, to a body that is too large.
  const isLarge = refusal.kind === 'too-large';
  const code = isLarge ? 400 : refusal.status;
  const message = isLarge ? 'Request payload size exceeds the limit: 20971520 bytes.' : refusal.message;
  const details = detailsOf(refusal);
  const status = statusWords[code] ?? 'UNKNOWN';
  const error = { code, message, status, ...(details.length > 0 ? { details } : {}) };
  return { status: code, body: { error } };
};

export const gemini = ({ geminiDuration = 'any' }: GeminiOptions): Dialect => ({
  name: 'gemini',
  routes: [
    {
      kind: 'submit',
      path: /^\/v1beta\/models\/(?<model>[^/:]+):predictLongRunning$/,
      read: (request, parts, ownVideos) => readGeminiSubmission(request, parts, ownVideos, geminiDuration),
      answer: showOperation,
    },
    {
      kind: 'poll',
      method: 'GET',
      path: /^\/v1beta\/models\/[^/]+\/operations\/(?<id>[^/]+)$/,
      taskId: (_request, { id = '' }) => id,
      answer(view, baseUrl, { path }) {
        // Clients poll the exact operation name, model included.
        const isAsGiven = path === `/v1beta/${operationName(view.task)}`;
        if (!isAsGiven) throw new Refusal('no-task', `operation ${path} does not exist`);
        return showOperation(view, baseUrl);
      },
    },
    {
      kind: 'task',
      method: 'GET',
      path: /^\/v1beta\/files\/(?<id>[0-9a-f]{32})[0-3]:download$/,
      taskId: (_request, { id = '' }) => id,
      answer: answerDownload,
    },
  ],
  isAuthorised: ({ headers }, { key }) => headers['x-goog-api-key'] === key,
  refuse,
});
