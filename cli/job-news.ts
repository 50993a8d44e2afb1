import { isOver, type Job, type TimelineEntry } from '../client/index.ts';
import { megabytes } from './live-line.ts';
import { dollars, listPriceNote, listPriceText } from './money-text.ts';
import { printable } from './terminal.ts';

// What a person reads while a job runs, and why it stopped. Every program that follows a job shows this.

/** One line to tell about a job. */
export interface News {
  readonly text: string;
  /** ISO time. */
  readonly at: string;
}

/** Answers a function that takes the job each time it was read, and answers what is new about it. */
export const newsOf = (): ((job: Job) => News[]) => {
  let sequence = 0;
  let status: Job['status'] | undefined;
  let reason: string | undefined;
  return (job) => {
    const entries = (job.timeline ?? []).filter((entry) => entry.sequence > sequence);
    const news = entries.map((entry) => ({ text: entryText(job, entry), at: entry.at }));
    const text = job.status === status ? undefined : STATUS_TEXTS[job.status];
    if (text !== undefined) news.push({ text, at: job.updatedAt });
    if (job.waiting && job.waiting.message !== reason)
      news.push({ text: `waits: ${printable(job.waiting.message)}`, at: job.updatedAt });
    sequence = entries.at(-1)?.sequence ?? sequence;
    status = job.status;
    reason = job.waiting?.message;
    return news;
  };
};

/** A status that no entry of the timeline announces. */
const STATUS_TEXTS: Partial<Record<Job['status'], string>> = {
  submitting: 'submitting',
  storing: 'storing: the video is ready and on its way into the bucket',
};

/** `   12.3 s  Submitted  task t-9`; with a label where several jobs share the terminal. */
export const newsLine = ({ text, at }: News, since: string, label?: string): string => {
  const seconds = Math.max(0, (Date.parse(at) - Date.parse(since)) / 1000);
  return `  ${seconds.toFixed(1).padStart(8)} s  ${label === undefined ? '' : `${label}  `}${text}`;
};

export const timelineText = (job: Job): string =>
  (job.timeline ?? [])
    .map((entry) => newsLine({ text: entryText(job, entry), at: entry.at }, job.createdAt))
    .join('\n');

/** `Video Job Submitted` as `Submitted`, with its most important facts. */
export const entryText = (job: Job, entry: TimelineEntry): string => {
  const facts = factsOf(job, entry).filter((fact) => fact !== undefined);
  const name = entry.type.replace('Video Job ', '');
  return facts.length > 0 ? `${name}  ${printable(facts.join(', '))}` : name;
};

type Fact = string | undefined;

const factsOf = (job: Job, entry: TimelineEntry): readonly Fact[] => {
  switch (entry.type) {
    case 'Video Job Accepted':
      return acceptedFacts(job);
    case 'Video Job Moved':
      return [`now ${routeText(job, movesUntil(job, entry))}`];
    case 'Video Job Restarted':
    case 'Video Job Cancel Requested':
    case 'Video Job Cancelled':
      return [entry.action, `by ${entry.actor}`];
    default:
      // A job keeps these facts of its last run only.
      return isLastOfItsType(job, entry) ? latestFacts(job, entry) : [];
  }
};

const latestFacts = (job: Job, { type }: TimelineEntry): readonly Fact[] => {
  switch (type) {
    case 'Video Job Submitted':
      return [job.taskId && `task ${job.taskId}`];
    case 'Video Job Succeeded':
      return [videoText(job), dollars(job.costMicros)];
    case 'Video Job Failed':
      return [job.failure?.code];
    case 'Video Job Needs Attention':
    case 'Video Job Overdue':
      return [job.attention?.reason];
    default:
      return [];
  }
};

/** `8 s of 1280×720, 2.6 MB` */
export const videoText = ({ video }: Pick<Job, 'video'>): string | undefined =>
  video &&
  `${Math.round(video.durationSeconds * 10) / 10} s of ${video.width}×${video.height}, ${megabytes(video.bytes)}`;

const acceptedFacts = (job: Job): readonly Fact[] => {
  const hasMoved = (job.movedFrom ?? []).length > 0;
  const price = hasMoved || job.priceMicros === undefined ? undefined : listPriceText(job.priceMicros);
  return [routeText(job, 0), price];
};

/** `veo3.1-fast at simulated`: where the job was after so many failovers. */
const routeText = ({ movedFrom = [], model, provider }: Job, moves: number): Fact => {
  const route = movedFrom[moves] ?? { model, provider };
  return route.model === undefined ? undefined : `${route.model} at ${route.provider}`;
};

const movesUntil = ({ timeline = [] }: Job, { sequence }: TimelineEntry): number =>
  timeline.filter((entry) => entry.type === 'Video Job Moved' && entry.sequence <= sequence).length;

const isLastOfItsType = ({ timeline = [] }: Job, { type, sequence }: TimelineEntry): boolean =>
  !timeline.some((entry) => entry.type === type && entry.sequence > sequence);

/** Why a job stopped without a video, whether it was charged, and what to do; empty for any other job. */
export const stopText = (job: Job): string => {
  const { failure, jobId, status, priceMicros } = job;
  if (status === 'submit-unknown')
    return [
      `${job.attention?.reason ?? 'SUBMIT_UNANSWERED'}: The provider did not answer the submit, so it may have been charged${listPriceNote(priceMicros)}. Startframe does not submit it again by itself.`,
      `What to do: check the list of tasks at ${job.provider ?? 'the provider'}, then: startframe redrive ${jobId} (docs/runbook.md#submit-unknown)`,
    ].join('\n');
  if (!failure) return '';
  return [
    `${failure.code}: ${printable(failure.message)}`,
    `What to do: ${printable(failure.advice)}`,
    chargedText(failure.charged, priceMicros),
  ].join('\n');
};

const chargedText = (
  charged: NonNullable<Job['failure']>['charged'],
  priceMicros: number | undefined,
): string => {
  if (charged === 'no') return 'Charged: no.';
  return `Charged: ${charged === 'yes' ? 'yes' : 'not known'}${listPriceNote(priceMicros)}.`;
};

const ENDS: Partial<Record<Job['status'], string>> = {
  failed: 'failed',
  cancelled: 'was cancelled',
  'submit-unknown': 'is submit-unknown',
};

/** `Job j1 failed. CONTENT_FILTERED: …`: why a job has no video; undefined when it has one. */
export const noVideoText = (job: Job): string | undefined => {
  if (job.status === 'succeeded') return undefined;
  return `Job ${job.jobId} ${isOver(job) ? ENDS[job.status] : `is ${job.status}`}. ${stopText(job)}`.trim();
};
