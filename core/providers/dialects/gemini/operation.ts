import * as z from 'zod';
import { type ErrorWords, isRecord, wordsOfJson } from '../../http/error-body.ts';
import { chargedBy, isSafetyWording } from '../../http/error-patterns.ts';
import type { JsonAnswer } from '../../http/request.ts';
import type { TaskStatus, VideoOutput } from '../../provider.ts';
import { isHttpUrl, reasonsIn } from '../outputs.ts';

// Google's long-running operation, and what every form of its response says.

/** The fields we use; each may be missing or of a kind we cannot use. */
const Operation = z.object({
  name: z.string().optional().catch(undefined),
  done: z.unknown().optional(),
  error: z.unknown().optional(),
  response: z.unknown().optional(),
});
type Operation = z.infer<typeof Operation>;

/** `undefined` for an answer that says nothing of an operation. */
export const operationIn = (json: unknown): Operation | undefined => {
  const operation = Operation.safeParse(json).data;
  const { name, done, error, response } = operation ?? {};
  return [name, done, error, response].some((value) => value !== undefined && value !== null)
    ? operation
    : undefined;
};

/** An error in place of an operation: a gateway's own, under HTTP 200. The error of an operation is a verdict. */
export const errorInOperationAnswer = (json: unknown): { status: number; words: ErrorWords } | undefined => {
  if (!isRecord(json)) return undefined;
  if (typeof json.name === 'string' || typeof json.done === 'boolean' || isRecord(json.response))
    return undefined;
  const code = Number((isRecord(json.error) ? json.error : json).code ?? 0);
  const isError = Boolean(json.error) || code >= 300 || Number.isNaN(code);
  if (!isError) return undefined;
  return { status: code >= 100 && code < 600 ? code : 0, words: wordsOfJson(json) };
};

export const statusOfOperation = (answer: JsonAnswer, isOwn: (url: string) => boolean): TaskStatus => {
  const operation = operationIn(answer.json);
  if (operation === undefined) throw answer.unreadable('without a word about the operation');
  const { done, error, response } = operation;
  const isDone = done === true || done === 'true';
  // `done` is left out while it runs; an outcome without it is one all the same.
  if (!isDone && done !== undefined && done !== null) return { state: 'running' };
  if (isRecord(error) && Object.keys(error).length > 0) return statusOfError(error, answer);
  const status = statusOfResponse(response, answer, isOwn);
  return isDone || status.state !== 'empty' ? status : { state: 'running' };
};

/** Names of google.rpc codes that say more than "failed". */
const CANCELLED = ['1', 'cancelled'];

const statusOfError = (error: unknown, answer: JsonAnswer): TaskStatus => {
  const { text, codes } = wordsOfJson(error);
  const said = text || `the operation failed with code ${codes.join(', ') || 'none'}`;
  const reason = answer.quote(said);
  const charged = chargedBy(text);
  if (codes.some((code) => CANCELLED.includes(code))) return { state: 'cancelled', reason, charged };
  return { state: isSafetyWording(text) ? 'filtered' : 'failed', reason, charged };
};

const statusOfResponse = (
  response: unknown,
  answer: JsonAnswer,
  isOwn: (url: string) => boolean,
): TaskStatus => {
  const holders = holdersIn(response);
  const samples = holders.flatMap(samplesIn);
  const outputs = distinct(samples.flatMap((sample) => outputOf(sample, isOwn)));
  const { count, reasons } = filteredIn(holders);
  if (outputs.length > 0)
    return {
      state: 'succeeded',
      outputs,
      ...(count > 0 && {
        notes: [
          answer.quote(
            `the provider filtered ${count} of ${outputs.length + count} videos: ${reasons || 'no reason given'}`,
          ),
        ],
      }),
    };
  // Google does not charge for what it filters (the project's notes on providers).
  if (count > 0)
    return { state: 'filtered', reason: answer.quote(reasons || 'no reason given'), charged: 'no' };
  const said = samples.flatMap(({ video }) => [...reasonsIn(video), ...placesIn(video)]).join('; ');
  return { state: 'empty', reason: answer.quote(said || 'the operation is done and holds no video') };
};

/** The response itself, and what it wraps: Google's `generateVideoResponse`; a list of one was seen elsewhere. */
const holdersIn = (response: unknown): Readonly<Record<string, unknown>>[] =>
  [response]
    .flat()
    .filter(isRecord)
    .flatMap((outer) => [...[outer.generateVideoResponse].flat().filter(isRecord), outer]);

interface Sample {
  readonly video: unknown;
}

/** Lists, or one object in place of a list (seed 003's prose). */
const samplesIn = (holder: Readonly<Record<string, unknown>>): Sample[] =>
  [holder.generatedSamples, holder.generatedVideos, holder.videos]
    .flat()
    .filter(isRecord)
    .map((sample) => ({ video: sample.video ?? sample }));

const VIDEO_BYTES = ['encodedVideo', 'bytesBase64Encoded', 'videoBytes'];

const outputOf = ({ video }: Sample, isOwn: (url: string) => boolean): VideoOutput[] => {
  const fields = isRecord(video) ? video : { uri: video };
  const address = [fields.uri, fields.url].find((url) => typeof url === 'string' && isHttpUrl(url.trim()));
  if (typeof address === 'string') {
    const url = address.trim();
    return [isOwn(url) ? { url, needsKey: true } : { url }];
  }
  const encoded = VIDEO_BYTES.map((name) => fields[name]).find(
    (bytes) => typeof bytes === 'string' && bytes !== '',
  );
  return typeof encoded === 'string' ? [{ url: `data:video/mp4;base64,${encoded}` }] : [];
};

/** A video in Cloud Storage, as Vertex AI puts it there: no key of a gateway opens it, so it is reported, not fetched. */
const placesIn = (video: unknown): string[] =>
  isRecord(video) && typeof video.gcsUri === 'string' ? [`the video is at ${video.gcsUri}`] : [];

const distinct = (outputs: readonly VideoOutput[]): VideoOutput[] => [
  ...new Map(outputs.map((output) => [output.url, output])).values(),
];

/** How many videos were filtered; a reason without a count is at least one. */
const filteredIn = (
  holders: readonly Readonly<Record<string, unknown>>[],
): { count: number; reasons: string } => {
  const reasons = holders
    .flatMap(({ raiMediaFilteredReasons }) => [raiMediaFilteredReasons].flat())
    .filter((reason) => typeof reason === 'string');
  const count = holders
    .map(({ raiMediaFilteredCount }) => Number(raiMediaFilteredCount ?? 0))
    .filter(Number.isFinite)
    .reduce((most, number) => Math.max(most, number), Math.min(reasons.length, 1));
  return { count, reasons: [...new Set(reasons)].join('; ') };
};
