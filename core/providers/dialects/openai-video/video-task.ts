import * as z from 'zod';
import { type ErrorWords, isRecord, wordsOfJson } from '../../http/error-body.ts';
import { chargedBy, isSafetyWording } from '../../http/error-patterns.ts';
import type { JsonAnswer } from '../../http/request.ts';
import type { TaskStatus, VideoOutput } from '../../provider.ts';
import { addressesIn, isHttpUrl, reasonsIn } from '../outputs.ts';
import { meaningOf } from '../status-words.ts';

// The task of an OpenAI-like video API in the four shapes that relays answer with (the project's notes on providers):
// 1 { task_id, status, url, error }                     2 { code, data: { task_id, status, fail_reason, result_url, progress } }
// 3 { code, data: { task_id, status, url, error } }     4 { id, object: "video", status, progress, error, metadata: { url } }

const Id = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** The fields we use; each may be missing or of a kind we cannot use. */
const VideoTask = z.object({
  task_id: Id,
  id: Id,
  object: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
  progress: z.union([z.string(), z.number()]).optional().catch(undefined),
  url: z.unknown().optional(),
  result_url: z.unknown().optional(),
  video_url: z.unknown().optional(),
  metadata: z.unknown().optional(),
  error: z.unknown().optional(),
  fail_reason: z.unknown().optional(),
});
type VideoTask = z.infer<typeof VideoTask>;

/** What the answer is about: `data` where it speaks of a task, else the answer itself. */
const taskIn = (json: unknown): { task: VideoTask; isWrapped: boolean } | undefined => {
  const data: unknown = isRecord(json) ? [json.data].flat()[0] : undefined;
  const wrapped = [data].filter(isRecord).filter(saysAnything);
  const [fields] = [...wrapped, ...[json].filter(isRecord).filter(saysAnything)];
  const task = VideoTask.safeParse(fields).data;
  return task && { task, isWrapped: wrapped.length > 0 };
};

const saysAnything = (fields: Readonly<Record<string, unknown>>): boolean =>
  ['task_id', 'id', 'status', 'url', 'result_url', 'video_url'].some(
    (name) => fields[name] !== undefined && fields[name] !== null,
  );

/** `task_id`, else `id`. `.` and `..` cannot be written into a path, in no encoding. */
export const taskIdIn = (json: unknown): string | undefined => {
  const { task_id: taskId, id } = taskIn(json)?.task ?? {};
  return [taskId, id]
    .map((text) => text?.trim().toWellFormed())
    .find((text) => text && text !== '.' && text !== '..');
};

/** An envelope's own code, or an error in place of a task, under HTTP 200. The error of a task is a verdict. */
export const errorInVideoAnswer = (json: unknown): { status: number; words: ErrorWords } | undefined => {
  if (!isRecord(json)) return undefined;
  const code = String(json.code ?? '')
    .trim()
    .toLowerCase();
  const isCodeFine =
    code === '' || code === '0' || code === 'success' || code === 'ok' || /^2\d\d$/.test(code);
  const found = taskIn(json);
  if (isCodeFine && (found !== undefined || !json.error)) return undefined;
  const said = isCodeFine && isRecord(json.error) ? String(json.error.code ?? '') : code;
  const words = wordsOfJson(json);
  // An id beside an error is quoted: by it a person can find out whether the task runs all the same.
  const id = taskIdIn(json);
  return {
    status: /^[1-5]\d\d$/.test(said) ? Number(said) : 0,
    words: id ? { ...words, text: `${words.text} (task ${id})` } : words,
  };
};

export interface VideoPlaces {
  /** Whether an address is one of the provider's own that open with its key. */
  needsKey(url: string): boolean;
  /** Where the bytes of this task are, when an answer of shape 4 names no address. */
  readonly contentUrl: string;
}

export const statusOfVideo = (answer: JsonAnswer, places: VideoPlaces): TaskStatus => {
  const found = taskIn(answer.json);
  if (found === undefined) throw answer.unreadable('without a word about the task');
  const { task } = found;
  const word = task.status?.trim() ?? '';
  const meaning = meaningOf(word);
  switch (meaning) {
    case 'queued':
      return { state: 'queued' };
    case 'running':
      return { state: 'running', ...progressOf(task) };
    case 'succeeded':
      return statusOfSuccess(task, !found.isWrapped && task.object === 'video', answer, places);
    case 'failed':
      return {
        state: isFiltered(task) ? 'filtered' : 'failed',
        reason: reasonOf(task, answer),
        charged: chargedBy(textOf(task)),
      };
    case 'cancelled':
      return { state: 'cancelled', reason: reasonOf(task, answer), charged: chargedBy(textOf(task)) };
    case 'expired':
      return { state: 'expired', reason: reasonOf(task, answer) };
    case 'blocked':
    case 'unknown':
      return { state: 'unknown', word: answer.quote(word, 60) };
  }
};

/** Believed with something to fetch. Relays say "succeeded" of failures, and put the reason where the address should be. */
const statusOfSuccess = (
  task: VideoTask,
  hasContent: boolean,
  answer: JsonAnswer,
  places: VideoPlaces,
): TaskStatus => {
  const outputs = outputsOf(task, places);
  if (outputs.length > 0) return { state: 'succeeded', outputs };
  const said = textOf(task);
  if (said === '' && hasContent) return { state: 'succeeded', outputs: [contentAt(places.contentUrl)] };
  const reason = reasonOf(task, answer);
  return isSafetyWording(said)
    ? { state: 'filtered', reason, charged: chargedBy(said) }
    : { state: 'empty', reason };
};

/** `fail_reason` last: a relay's older builds keep the address there. */
const outputFieldsOf = (task: VideoTask): unknown[] => [
  task.url,
  task.result_url,
  task.video_url,
  isRecord(task.metadata) ? [task.metadata.url, task.metadata.video_url] : undefined,
  task.fail_reason,
];

/** The first field that holds a video: the others are seen to repeat it. */
const outputsOf = (task: VideoTask, places: VideoPlaces): VideoOutput[] =>
  (
    outputFieldsOf(task)
      .map((field) => [...inlineIn(field), ...addressesIn(field)])
      .find((urls) => urls.length > 0) ?? []
  ).map((url) => outputAt(url, places));

/**
 * Relays make the address of the content up from the id, whether or not there is any, and from what they take for their own
 * origin: `http://localhost:3000` where nobody set it (the source of new-api, Nov 2026), from where nothing can be fetched.
 */
const outputAt = (url: string, { needsKey, contentUrl }: VideoPlaces): VideoOutput => {
  if (!isHttpUrl(url)) return { url };
  const { pathname, protocol } = new URL(url);
  const isContent = /\/v1\/videos\/[^/]+\/content$/.test(pathname);
  if (needsKey(url)) return { url, needsKey: true, ...(isContent && { isUnconfirmed: true }) };
  const isLostContent = isContent && protocol === 'http:' && contentUrl.endsWith(pathname);
  return isLostContent ? contentAt(contentUrl) : { url };
};

const contentAt = (url: string): VideoOutput => ({ url, needsKey: true, isUnconfirmed: true });

/** The video itself in place of its address. */
const inlineIn = (field: unknown): string[] =>
  [field].flat().flatMap((text: unknown) => (isInlineVideo(text) ? [text.trim()] : []));

const isInlineVideo = (text: unknown): text is string =>
  typeof text === 'string' && /^\s*data:video\/[\w.+-]+[;,]/i.test(text);

/** What the provider says of the task: its error, else what stands where an address should. */
const textOf = (task: VideoTask): string => {
  const { text, codes } = wordsOfJson(task.error);
  const said = text || codes.join(', ');
  return said || [...new Set(outputFieldsOf(task).flatMap(reasonsIn))].join('; ');
};

const isFiltered = (task: VideoTask): boolean =>
  isSafetyWording([textOf(task), ...wordsOfJson(task.error).codes].join(' '));

const reasonOf = (task: VideoTask, answer: JsonAnswer): string =>
  answer.quote(textOf(task) || `the provider says "${task.status}", and gives no reason`);

/** A number, or "50%"; anything else says nothing. */
const progressOf = ({ progress }: VideoTask): { progress?: number } => {
  const [, digits] = /^\s*(\d{1,3}(?:\.\d{1,10})?)\s*%?\s*$/.exec(String(progress ?? '')) ?? [];
  const percent = Number(digits ?? Number.NaN);
  return percent >= 0 && percent <= 100 ? { progress: percent } : {};
};
