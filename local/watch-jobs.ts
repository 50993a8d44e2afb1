import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { JobState } from '../core/jobs/job.ts';
import { DROP_ID, type Drop } from './drop.ts';
import { findJobByMetadata, findJobsSince, readJob } from './job-reader.ts';
import { LocalCloudError } from './local-cloud-error.ts';

export interface WatchOptions {
  readonly table: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Aborted when the person leaves. */
  readonly signal: AbortSignal;
  /** Named in errors. */
  readonly logFile: string;
}

const READ_EVERY_MS = 250;
// A drop is a job within a second; the first of a cloud wakes four sleeping functions on the way.
const ACCEPT_LIMIT_MS = 60_000;

/**
 * Waits until the drop is a job, and answers its id.
 * @throws LocalCloudError when it does not become one
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
    await sleep(READ_EVERY_MS, undefined, { signal });
  }
};

const neverAccepted = (logFile: string): LocalCloudError =>
  new LocalCloudError(
    `The picture is in the inbox, but it did not become a job in ${ACCEPT_LIMIT_MS / 1000} s. The way from the bucket to the job (rule, queue, accept-upload) does not work; ${logFile} says more.`,
  );

export interface NewJobHandlers {
  readonly onJob: (state: JobState) => void;
  /** Takes the first of several errors in a row. The watch goes on. */
  readonly onError: (error: unknown) => void;
}

/** Hands over each job that was accepted since then and is not known yet, once, until it is aborted. */
export const watchNewJobs = async (
  { table, tableName, signal }: Pick<WatchOptions, 'table' | 'tableName' | 'signal'>,
  since: Date,
  known: Set<string>,
  { onJob, onError }: NewJobHandlers,
): Promise<void> => {
  let hasFailed = false;
  while (!signal.aborted) {
    try {
      for (const state of await findJobsSince(table, tableName, since.toISOString())) {
        if (known.has(state.jobId)) continue;
        known.add(state.jobId);
        onJob(state);
      }
      hasFailed = false;
    } catch (error) {
      if (!hasFailed && !signal.aborted) onError(error);
      hasFailed = true;
    }
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
};
