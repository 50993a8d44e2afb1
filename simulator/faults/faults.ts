import type { DialectName } from '../dialects/dialect.ts';
import type { RefusalKind } from '../http/refusal.ts';

/**
 * How the gateway can misbehave, as data. The stage says when a row is looked at:
 * - refuse: instead of accepting; free. Also counted over submits.
 * - accepted: the task is accepted and charged, then the answer to the submit goes wrong.
 * - task: how the task goes or ends.
 * - poll: the first n answers about a task.
 * - file: the first n answers at the video's address.
 * - look: a form of the answers that only some gateways of a dialect have; every answer, nothing is counted.
 */
export type Fault =
  | { stage: 'refuse'; status: number; kind: RefusalKind; message: string; retryAfterSeconds?: number }
  | { stage: 'refuse'; answer: 'reset' | 'hang' | 'redirect' }
  | { stage: 'accepted'; answer: SubmitTrouble }
  | { stage: 'task'; course: Ending | 'late' | 'note' | 'words' | 'length' | 'aspect' | 'address' }
  | { stage: 'poll'; answer: PollTrouble }
  | { stage: 'file'; answer: FileTrouble }
  | { stage: 'look'; dialect: DialectName; look: Look };

export type SubmitTrouble = 'error' | 'reset' | 'hang' | 'garbage' | 'html' | 'slow' | 'drip' | 'completed';
export type Ending = 'failed' | 'filtered' | 'empty' | 'cancelled';
export type PollTrouble =
  | 'error'
  | 'lost'
  | 'rate'
  | 'reset'
  | 'hang'
  | 'html'
  | 'drip'
  | 'bomb'
  | 'redirect'
  | 'mystery'
  | 'failed';
export type FileTrouble =
  | 'html'
  | 'html-as-mp4'
  | 'truncated'
  | 'short'
  | 'empty'
  | 'no-length'
  | 'redirect'
  | 'canary'
  | 'missing'
  | 'expired'
  | 'key'
  | 'error'
  | 'bad-gateway'
  | 'reset'
  | 'hang'
  | 'slow'
  | 'drip'
  | 'bomb';
export type Look =
  | 'generated-videos'
  | 'flat-samples'
  | 'sample-object'
  | 'encoded-video'
  | 'other-model'
  | 'partial'
  | 'shape-1'
  | 'shape-2'
  | 'shape-3'
  | 'shape-4'
  | 'content-url'
  | 'data-url'
  | 'url-text'
  | 'no-reason'
  | 'odd-id'
  | 'other-id';

export type FaultRow = Fault & {
  readonly name: string;
  readonly says: string;
  /** How often it happens when the marker gives no number; for ever when left out. */
  readonly times?: number;
  /** For rows that take seconds, when the marker gives none. */
  readonly seconds?: number;
};

const safetyText =
  'The prompt or the image was blocked by the content safety policy (sensitive or unsafe content).';

export const faultRows: readonly FaultRow[] = [
  {
    name: '429',
    says: 'refused: too many requests, with Retry-After (2 s, or as given)',
    stage: 'refuse',
    status: 429,
    kind: 'rate',
    message: 'Too many requests',
    retryAfterSeconds: 2,
  },
  {
    name: '429-bare',
    says: 'refused: too many requests, without Retry-After',
    stage: 'refuse',
    status: 429,
    kind: 'rate',
    message: 'Too many requests',
  },
  {
    name: '429-day',
    says: 'refused: the quota of the day is used up; waiting a moment does not help',
    stage: 'refuse',
    status: 429,
    kind: 'quota',
    message: 'You exceeded your current quota: requests per day, please check your plan and billing details',
  },
  {
    name: '401',
    says: 'refused: 401, as if the key were wrong',
    stage: 'refuse',
    status: 401,
    kind: 'unauthorised',
    message: 'API key is missing or invalid',
  },
  {
    name: '500-before',
    says: 'refused: 500, nothing accepted (which a client cannot know)',
    stage: 'refuse',
    status: 500,
    kind: 'server',
    message: 'Internal server error',
  },
  {
    name: '503-before',
    says: 'refused: 503 without safety text, an outage, nothing accepted',
    stage: 'refuse',
    status: 503,
    kind: 'server',
    message: 'Service temporarily unavailable',
  },
  {
    name: 'policy-400',
    says: 'refused: 400 with safety text',
    stage: 'refuse',
    status: 400,
    kind: 'policy',
    message: safetyText,
  },
  {
    name: 'policy-503',
    says: 'refused: 503 with safety text',
    stage: 'refuse',
    status: 503,
    kind: 'policy',
    message: safetyText,
  },
  {
    name: 'balance-403',
    says: 'refused: 403, the balance is used up',
    stage: 'refuse',
    status: 403,
    kind: 'balance',
    message: 'Insufficient balance for this operation',
  },
  {
    name: 'balance-402',
    says: 'refused: 402, the prepaid balance is used up',
    stage: 'refuse',
    status: 402,
    kind: 'balance',
    message: 'Your prepaid balance is used up',
  },
  {
    name: 'retired-404',
    says: 'refused: 404, the model is no longer available',
    stage: 'refuse',
    status: 404,
    kind: 'retired',
    message: 'This model is no longer available',
  },
  {
    name: 'reset-before',
    says: 'nothing accepted, connection cut (which a client cannot tell from reset-after)',
    stage: 'refuse',
    answer: 'reset',
  },
  { name: 'hang-before', says: 'nothing accepted, never answered', stage: 'refuse', answer: 'hang' },
  {
    name: 'redirect-submit',
    says: 'nothing accepted, sent on to another origin (307), key and body included',
    stage: 'refuse',
    answer: 'redirect',
  },
  { name: '500-after', says: 'accepted and charged, answered 500', stage: 'accepted', answer: 'error' },
  { name: 'reset-after', says: 'accepted and charged, connection cut', stage: 'accepted', answer: 'reset' },
  { name: 'hang-after', says: 'accepted and charged, never answered', stage: 'accepted', answer: 'hang' },
  {
    name: 'garbage-after',
    says: 'accepted and charged, 200 with half a JSON body',
    stage: 'accepted',
    answer: 'garbage',
  },
  {
    name: 'html-after',
    says: 'accepted and charged, 200 with a web page',
    stage: 'accepted',
    answer: 'html',
  },
  {
    name: 'slow-submit',
    says: 'accepted and charged, answered late (3 s, or as given)',
    stage: 'accepted',
    answer: 'slow',
    seconds: 3,
  },
  {
    name: 'drip-submit',
    says: 'accepted and charged, the answer comes in drips (10 s, or as given)',
    stage: 'accepted',
    answer: 'drip',
    seconds: 10,
  },
  {
    name: 'submit-completed',
    says: 'accepted; the submit says completed, without outputs, as the example of the seed does',
    stage: 'accepted',
    answer: 'completed',
  },
  { name: 'failed', says: 'the task fails (text: the reason); refunded', stage: 'task', course: 'failed' },
  { name: 'filtered', says: 'the video is withheld as unsafe; refunded', stage: 'task', course: 'filtered' },
  { name: 'empty', says: 'completed without outputs, for ever; charged', stage: 'task', course: 'empty' },
  {
    name: 'cancelled',
    says: 'the gateway cancels the task, as off-peak ones are (seed 004); refunded',
    stage: 'task',
    course: 'cancelled',
  },
  {
    name: 'late',
    says: 'the task takes longer (20 s, or as given)',
    stage: 'task',
    course: 'late',
    seconds: 20,
  },
  { name: 'nsfw-note', says: 'marked unsafe, and delivered all the same', stage: 'task', course: 'note' },
  {
    name: 'words',
    says: 'other status words, as words(queued=SUBMITTED, running=THROTTLED, succeeded=done)',
    stage: 'task',
    course: 'words',
  },
  {
    name: 'wrong-length',
    says: 'the video lasts other than asked (3 s, or as given)',
    stage: 'task',
    course: 'length',
    seconds: 3,
  },
  {
    name: 'wrong-aspect',
    says: 'the video is upright instead of wide, or wide instead of upright',
    stage: 'task',
    course: 'aspect',
  },
  {
    name: 'hostile-url',
    says: 'the address of the video is that of cloud metadata (text: another), which must not be called',
    stage: 'task',
    course: 'address',
  },
  { name: 'poll-500', says: 'polls answer 500', stage: 'poll', answer: 'error' },
  { name: 'poll-404', says: 'polls answer that the task is unknown', stage: 'poll', answer: 'lost' },
  { name: 'poll-429', says: 'polls answer 429', stage: 'poll', answer: 'rate' },
  { name: 'poll-reset', says: 'polls are cut', stage: 'poll', answer: 'reset' },
  { name: 'poll-hang', says: 'polls are never answered', stage: 'poll', answer: 'hang' },
  { name: 'poll-html', says: 'polls answer 200 with a web page', stage: 'poll', answer: 'html' },
  {
    name: 'poll-drip',
    says: 'polls come in drips (10 s, or as given)',
    stage: 'poll',
    answer: 'drip',
    seconds: 10,
  },
  { name: 'poll-bomb', says: 'polls are gzip, and 1 GB when unpacked', stage: 'poll', answer: 'bomb' },
  {
    name: 'poll-redirect',
    says: 'polls are sent on to another origin (302), which notes whether the key came along',
    stage: 'poll',
    answer: 'redirect',
  },
  { name: 'unknown-status', says: 'polls show a word nobody knows', stage: 'poll', answer: 'mystery' },
  {
    name: 'flap-failed',
    says: 'polls show failed (once, or as given), then the task goes on',
    stage: 'poll',
    answer: 'failed',
    times: 1,
  },
  { name: 'html-video', says: 'the file is a web page, and says so', stage: 'file', answer: 'html' },
  {
    name: 'html-as-mp4',
    says: 'the file is a web page declared video/mp4',
    stage: 'file',
    answer: 'html-as-mp4',
  },
  {
    name: 'truncated-video',
    says: 'the whole length is declared, the connection closes after a part',
    stage: 'file',
    answer: 'truncated',
  },
  { name: 'short-video', says: 'a cut file with the length of the cut', stage: 'file', answer: 'short' },
  { name: 'empty-video', says: 'a file of 0 bytes', stage: 'file', answer: 'empty' },
  { name: 'no-length', says: 'the whole file without Content-Length', stage: 'file', answer: 'no-length' },
  { name: 'redirect-origin', says: 'the file is at another origin (302)', stage: 'file', answer: 'redirect' },
  {
    name: 'redirect-canary',
    says: 'the file is at a private address (text: another) that must be refused; the ledger notes who calls it',
    stage: 'file',
    answer: 'canary',
  },
  { name: 'file-404', says: 'the file is not found', stage: 'file', answer: 'missing' },
  { name: 'expired-url', says: 'the address of the file has expired: 403', stage: 'file', answer: 'expired' },
  { name: 'key-needed', says: 'the file wants the key: 401 without it', stage: 'file', answer: 'key' },
  { name: 'file-500', says: 'the file answers 500', stage: 'file', answer: 'error' },
  {
    name: 'success-lies',
    says: 'succeeded, but there is no video: its address answers 502',
    stage: 'file',
    answer: 'bad-gateway',
  },
  { name: 'file-reset', says: 'the file is cut before a byte', stage: 'file', answer: 'reset' },
  { name: 'file-hang', says: 'the file is never answered', stage: 'file', answer: 'hang' },
  {
    name: 'drip-file',
    says: 'the file comes in drips (30 s, or as given)',
    stage: 'file',
    answer: 'drip',
    seconds: 30,
  },
  { name: 'gzip-bomb', says: 'the file is gzip, and 1 GB when unpacked', stage: 'file', answer: 'bomb' },
  {
    name: 'slow-file',
    says: 'half of the file, a pause (3 s, or as given), the rest',
    stage: 'file',
    answer: 'slow',
    seconds: 3,
  },
  ...looks('gemini', [
    ['generated-videos', 'the videos are in response.generatedVideos'],
    ['flat-samples', 'generatedSamples directly under response'],
    ['sample-object', 'generatedSamples is one object, not a list (seed 003)'],
    ['encoded-video', 'the video comes in the answer, as base64'],
    ['other-model', 'the operation carries the name of another model (seed 003)'],
    ['partial', 'the last sample is withheld as unsafe'],
  ]),
  ...looks('openai-video', [
    ['shape-1', 'polls: {task_id, status, url, format, metadata, error}'],
    ['shape-2', 'polls: {code, data: {task_id, status: SUCCESS, fail_reason, result_url, progress}}'],
    ['shape-3', 'polls: {code, data: {task_id, status: succeeded, url, error}}'],
    ['shape-4', 'polls: {id, object, status: completed, progress, error, metadata: {url}}'],
    ['content-url', 'the address of the video is /v1/videos/ID/content, which wants the key'],
    ['data-url', 'the address of the video is a data: URL with all of it'],
    ['url-text', 'without a video, the address is the text of the failure'],
    ['no-reason', 'a failure comes without its reason'],
    ['odd-id', 'the task id holds characters that must be percent-encoded'],
    ['other-id', 'polls show another id, which nobody knows'],
  ]),
];

/** Rows that only one dialect knows; a prompt that asks another for them is refused. */
function looks(dialect: DialectName, rows: readonly [Look, string][]): FaultRow[] {
  return rows.map(([look, says]) => ({
    name: look,
    says: `${dialect}: ${says}`,
    stage: 'look',
    dialect,
    look,
  }));
}
