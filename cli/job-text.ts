import type { Job, TimelineEntry } from '../client/index.ts';
import { inDollars } from '../core/kernel/money.ts';
import { megabytes } from './live-line.ts';
import { factsText } from './table.ts';
import { type Color, paint, printable, type Terminal } from './terminal.ts';

const STATUS_COLORS: Readonly<Record<Job['status'], Color>> = {
  accepted: 'blue',
  queued: 'blue',
  submitting: 'blue',
  running: 'blue',
  storing: 'blue',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'dim',
  'submit-unknown': 'yellow',
};

export const statusText = (terminal: Terminal, status: Job['status']): string =>
  paint(terminal, STATUS_COLORS[status], status);

/** `12 s`, `5 min`, `3 h`, `2 d`: how long ago, or how long it took. */
export const ageText = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
};

export const dollars = (micros: number | undefined): string | undefined =>
  micros === undefined ? undefined : inDollars(micros);

/** `Submitted`, `Cancel Requested by 1111:Ann` */
export const eventText = ({ type, action, actor }: TimelineEntry): string => {
  const name = type.replace('Video Job ', '');
  return action === undefined ? name : `${name}: ${action} by ${printable(actor)}`;
};

export const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);

export const timelineText = ({ createdAt, timeline = [] }: Job): string =>
  timeline
    .map((entry) => {
      const seconds = secondsBetween(createdAt, entry.at).toFixed(1);
      return `  ${seconds.padStart(8)} s  ${eventText(entry)}`;
    })
    .join('\n');

/** Everything that a person wants to know of one job. */
export const jobText = (terminal: Terminal, job: Job): string => {
  const { parameters, progress, video, waiting } = job;
  const facts = factsText([
    ['video', videoText(job)],
    ['made by', job.model === undefined ? undefined : `${job.model} at ${job.provider}`],
    ['made from', job.startFrame ? `${pictureName(job.startFrame)} (${job.scene})` : job.scene],
    ['prompt', parameters?.prompt],
    [
      'shape',
      parameters && `${parameters.aspectRatio}, ${parameters.resolution}, ${parameters.durationSeconds} s`,
    ],
    ['ordered', `${job.createdAt} by ${job.owner}`],
    ['price', dollars(job.costMicros ?? job.priceMicros)],
    ['at stake', dollars(job.atStakeMicros)],
    ['waits', waiting && [waiting.message, waiting.advice].filter(Boolean).join(' ')],
    ['attention', job.attention?.reason],
    ['webhook', webhookText(job)],
    ['progress', progress && `${progress.percent} %, to be expected by ${progress.expectedUntil}`],
    ['stored as', video && `s3://${video.bucket}/${video.key}`],
    ...Object.entries(job.metadata).map(([name, text]) => [`· ${printable(name)}`, text] as const),
  ]);
  return [
    `Job ${job.jobId}  ${statusText(terminal, job.status)}${job.overdue ? ', overdue' : ''}`,
    facts,
    ...(job.timeline?.length ? ['', timelineText(job)] : []),
    ...(stopText(job) === '' ? [] : ['', stopText(job)]),
  ].join('\n');
};

/** Who is told of it, and how that went last. */
const webhookText = ({ webhook }: Job): string | undefined => {
  const last = webhook?.deliveries?.at(-1);
  if (!last) return webhook?.host;
  const answered = last.status === undefined ? '' : `, HTTP ${last.status}`;
  return `${webhook?.host}, ${last.type.replace('Video Job ', '')}: ${last.outcome}${answered}, attempt ${last.attempt}`;
};

/** The picture as a person named it: of an upload without what makes its key its own. */
export const pictureName = ({ key }: { readonly key: string }): string =>
  key.replace(/^uploads\/[^/]+\/[0-9a-f-]{36}-/, '');

export const videoText = ({ video }: Job): string | undefined =>
  video &&
  `${Math.round(video.durationSeconds * 10) / 10} s of ${video.width}×${video.height}, ${megabytes(video.bytes)}`;

/** Why a job stopped without a video, whether it was charged, and what to do; nothing for any other. */
export const stopText = (job: Job): string => {
  const { failure, jobId, status } = job;
  if (status === 'submit-unknown')
    return [
      `The order was sent and never answered, so it may have been charged${priceText(job)}. Startframe does not send it again by itself.`,
      `What to do: look at the tasks at ${job.provider ?? 'the provider'}, then: startframe redrive ${jobId}`,
    ].join('\n');
  if (!failure) return '';
  return [
    `${failure.code}: ${printable(failure.message)}`,
    `What to do: ${printable(failure.advice)}`,
    `Charged: ${{ yes: `yes${priceText(job)}`, no: 'no', unknown: `not known${priceText(job)}` }[failure.charged]}.`,
  ].join('\n');
};

const priceText = ({ priceMicros }: Job): string =>
  priceMicros === undefined ? '' : ` (list price ${inDollars(priceMicros)})`;
