import * as z from 'zod';
import { type ErrorWords, isRecord, wordsOfJson } from '../../http/error-body.ts';
import { chargedBy, isSafetyWording } from '../../http/error-patterns.ts';
import type { JsonAnswer } from '../../http/request.ts';
import type { TaskStatus, VideoOutput } from '../../provider.ts';
import { addressesIn, reasonsIn } from '../outputs.ts';
import { meaningOf } from '../status-words.ts';

// The envelope of a "predictions" API, which submit and result share, in every form that was seen.

/** The fields we use; each may be missing or of a kind we cannot use. */
const Prediction = z.object({
  id: z
    .union([z.string(), z.number().transform(String)])
    .optional()
    .catch(undefined),
  urls: z.unknown().optional(),
  status: z.string().optional().catch(undefined),
  error: z.unknown().optional(),
  has_nsfw_contents: z.unknown().optional(),
  outputs: z.unknown().optional(),
  output: z.unknown().optional(),
  video_url: z.unknown().optional(),
  url: z.unknown().optional(),
  result: z.unknown().optional(),
});
export type Prediction = z.infer<typeof Prediction>;

const Envelope = z.object({
  data: z.unknown().optional(),
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});

/**
 * The envelope's own code other than 200 (or none) is an error, also under HTTP 200. An id beside it is quoted: by it a
 * person can find out whether the task runs all the same.
 */
export const errorInEnvelope = (json: unknown): { status: number; words: ErrorWords } | undefined => {
  const code = Envelope.safeParse(json).data?.code;
  const text = String(code ?? '')
    .trim()
    .toLowerCase();
  if (text === '' || text === 'success' || /^2\d\d$/.test(text)) return undefined;
  const words = wordsOfJson(json);
  const id = predictionIn(json)?.id;
  return {
    status: /^[1-5]\d\d$/.test(text) ? Number(text) : 0,
    words: id ? { ...words, text: `${words.text} (task ${id})` } : words,
  };
};

/** `data` may be an object, a list of one, or missing with its fields beside `code`. */
export const predictionIn = (json: unknown): Prediction | undefined => {
  const data = Envelope.safeParse(json).data?.data;
  const inner = Array.isArray(data) ? data.find(isRecord) : data;
  return [inner, json].filter(isRecord).filter(saysAnything).map(readPrediction)[0];
};

const readPrediction = (fields: unknown): Prediction => Prediction.parse(fields);

const saysAnything = (fields: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(Prediction.shape).some((name) => fields[name] !== undefined && fields[name] !== null);

/** `urls` is `{ get }` or `[{ get }]`; the seed shows both. */
export const getUrlsIn = (urls: unknown): string[] =>
  [urls]
    .flat()
    .flatMap((item) => (isRecord(item) ? [item.get] : [item]))
    .filter((url) => typeof url === 'string');

/** What a result's answer says of the task. */
export const statusOf = (answer: JsonAnswer): TaskStatus => {
  const prediction = predictionIn(answer.json);
  if (prediction === undefined) throw answer.unreadable('without a word about the task');
  const word = prediction.status?.trim() ?? '';
  const meaning = meaningOf(word);
  switch (meaning) {
    case 'queued':
    case 'running':
      return { state: meaning };
    case 'succeeded':
      return statusOfSuccess(prediction, answer);
    case 'failed':
      return statusOfFailure(prediction, answer);
    case 'cancelled':
      return {
        state: 'cancelled',
        reason: reasonOf(prediction, answer),
        charged: chargedBy(textOf(prediction)),
      };
    case 'expired':
      return { state: 'expired', reason: reasonOf(prediction, answer) };
    case 'blocked':
    case 'unknown':
      // An address without any word is a video; next to a word that nobody knows it may be a part of one.
      if (word === '' && outputsOf(prediction).length > 0) return statusOfSuccess(prediction, answer);
      return { state: 'unknown', word: answer.quote(word, 60) };
  }
};

/** Believed with an address to fetch from. That the content was flagged does not undo a video that is there. */
const statusOfSuccess = (prediction: Prediction, answer: JsonAnswer): TaskStatus => {
  const outputs = outputsOf(prediction);
  const isFlagged = isTrueIn(prediction.has_nsfw_contents);
  if (outputs.length > 0)
    return { state: 'succeeded', outputs, ...(isFlagged && { notes: ['the provider flagged it as NSFW'] }) };
  const reason = reasonOf(prediction, answer);
  if (isFlagged || isSafetyWording(textOf(prediction)))
    return { state: 'filtered', reason, charged: chargedBy(textOf(prediction)) };
  return { state: 'empty', reason };
};

/** No document says whether a failed or filtered video is charged; its words may. */
const statusOfFailure = (prediction: Prediction, answer: JsonAnswer): TaskStatus => {
  const isFiltered =
    isSafetyWording(textOf(prediction)) ||
    (isTrueIn(prediction.has_nsfw_contents) && outputsOf(prediction).length === 0);
  return {
    state: isFiltered ? 'filtered' : 'failed',
    reason: reasonOf(prediction, answer),
    charged: chargedBy(textOf(prediction)),
  };
};

const outputFieldsOf = (prediction: Prediction): unknown[] => [
  prediction.outputs,
  prediction.output,
  prediction.video_url,
  prediction.url,
  prediction.result,
];

/** The first field that holds addresses: the others are seen to repeat it. */
export const outputsOf = (prediction: Prediction): VideoOutput[] =>
  (
    outputFieldsOf(prediction)
      .map(addressesIn)
      .find((urls) => urls.length > 0) ?? []
  ).map((url) => ({ url }));

/** What the provider says of the task: its error, else what stands where an address should. */
const textOf = (prediction: Prediction): string =>
  wordsOfJson(prediction.error).text || outputFieldsOf(prediction).flatMap(reasonsIn).join('; ');

const reasonOf = (prediction: Prediction, answer: JsonAnswer): string => {
  if (textOf(prediction) !== '') return answer.quote(textOf(prediction));
  const isFlagged = isTrueIn(prediction.has_nsfw_contents) ? ' and flagged as NSFW' : '';
  return answer.quote(`the provider says "${prediction.status}"${isFlagged}, and gives no reason`);
};

/** `true`, or a list with a `true` in it. */
const isTrueIn = (flags: unknown): boolean => [flags].flat().some((flag) => flag === true || flag === 'true');
