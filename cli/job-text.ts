import type { Job } from '../client/index.ts';
import { stopText, timelineText, videoText } from './job-news.ts';
import { dollars } from './money-text.ts';
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

/** A job in full, for people. */
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
    ['requested', `${job.createdAt} by ${job.owner}`],
    ['price', dollars(job.costMicros ?? job.priceMicros)],
    ['at stake', dollars(job.atStakeMicros)],
    ['waits', waiting && [waiting.message, waiting.advice].filter(Boolean).join(' ')],
    ['attention', job.attention?.reason],
    ['webhook', webhookText(job)],
    ['progress', progress && `${progress.percent} %, expected by ${progress.expectedUntil}`],
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

/** Where its events go, and how the last delivery went. */
const webhookText = ({ webhook }: Job): string | undefined => {
  const last = webhook?.deliveries?.at(-1);
  if (!last) return webhook?.host;
  const answered = last.status === undefined ? '' : `, HTTP ${last.status}`;
  return `${webhook?.host}, ${last.type.replace('Video Job ', '')}: ${last.outcome}${answered}, attempt ${last.attempt}`;
};

/** The picture as a person named it: the key of an upload without its random part. */
export const pictureName = ({ key }: { readonly key: string }): string =>
  key.replace(/^uploads\/[^/]+\/[0-9a-f-]{36}-/, '');
