import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { JobState } from '../core/jobs/job.ts';
import { DROP_ID, type Drop } from './drop.ts';
import { eventText, outcomeOf, statusText } from './job-course.ts';
import { findJobByMetadata, findJobsSince, readJob } from './job-reader.ts';
import { LocalCloudError } from './local-cloud-error.ts';

export interface WatchOptions {
  readonly table: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Aborted when nobody watches any longer. */
  readonly signal: AbortSignal;
  /** Where a person looks when nothing happens. */
  readonly logFile: string;
}

export interface FollowOptions extends WatchOptions {
  readonly jobId: string;
  /** What the seconds count from: the drop, or what is known of it. */
  readonly since: Date;
  readonly onNews: (text: string, seconds: number) => void;
}

const LOOK_EVERY_MS = 250;
// A drop is a job within a second; the first of a cloud wakes four sleeping functions on the way.
const ACCEPT_LIMIT_MS = 60_000;

/**
 * The job that came of a drop.
 * @throws LocalCloudError when none does
 */
export const findDropped = async (
  { table, tableName, signal, logFile }: WatchOptions,
  { likelyJobId, dropId }: Pick<Drop, 'likelyJobId' | 'dropId'>,
): Promise<string> => {
  const started = Date.now();
  for (;;) {
    if (await readJob(table, tableName, likelyJobId)) return likelyJobId;
    const found = await findJobByMetadata(table, tableName, DROP_ID, dropId);
    if (found !== undefined) return found;
    if (Date.now() - started > ACCEPT_LIMIT_MS) throw neverAccepted(logFile);
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
};

/**
 * Tells each step of a job as it comes, and answers the job when nothing is left to wait for.
 */
export const followJob = async (options: FollowOptions): Promise<JobState> => {
  const { table, tableName, signal, jobId, since, onNews } = options;
  let told = 0;
  let status = '';
  for (;;) {
    const job = await readJob(table, tableName, jobId);
    if (job) {
      for (const event of job.events.filter(({ sequence }) => sequence > told)) {
        onNews(eventText(event), secondsBetween(since, event.at));
        told = event.sequence;
      }
      const text = job.state.status === status ? undefined : statusText(job.state);
      if (text) onNews(text, secondsBetween(since, job.state.updatedAt));
      status = job.state.status;
      if (outcomeOf(job.state) !== 'going') return job.state;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
};

const secondsBetween = (since: Date, at: string): number =>
  Math.max(0, (Date.parse(at) - since.getTime()) / 1000);

const neverAccepted = (logFile: string): LocalCloudError =>
  new LocalCloudError(
    `The picture is in the inbox, but no job came of it in ${ACCEPT_LIMIT_MS / 1000} s. The way from the bucket to the job (rule, queue, accept-upload) does not work; ${logFile} says more.`,
  );

/** Hands over each job that is new since then, once, until it is aborted. Trouble in reading is told once and outlived. */
export const watchNewJobs = async (
  { table, tableName, signal }: WatchOptions,
  since: Date,
  known: Set<string>,
  onJob: (state: JobState) => void,
  onTrouble: (error: unknown) => void,
): Promise<void> => {
  let isTroubled = false;
  while (!signal.aborted) {
    try {
      for (const state of await findJobsSince(table, tableName, since.toISOString())) {
        if (known.has(state.jobId)) continue;
        known.add(state.jobId);
        onJob(state);
      }
      isTroubled = false;
    } catch (error) {
      if (!isTroubled && !signal.aborted) onTrouble(error);
      isTroubled = true;
    }
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
};
