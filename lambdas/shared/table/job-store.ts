import type { Job, JobChange, JobRequest, JobState } from '../../../core/jobs/job.ts';
import { indexAttributes } from '../../../core/jobs/list-index.ts';
import type { SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { attemptWrite, newAttemptWrite } from './attempt-items.ts';
import { billingWrites } from './billing-writes.ts';
import { JobNotFound, StaleJob, TaskTaken } from './job-errors.ts';
import { duePartition, lineKey, requestKey, stateKey } from './keys.ts';
import { loadJob } from './load-job.ts';
import { releaseWrites, untrackedSlotWrites } from './queue-items.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import { isTaskClaim, taskIndexWrites } from './task-index.ts';
import { eventWrites } from './timeline.ts';
import { transact } from './transaction.ts';
import { putNew, type Write } from './write.ts';

const stateItem = (state: JobState): Record<string, unknown> => ({
  ...stateKey(state.jobId),
  ...indexAttributes(state),
  due: state.dueAt && duePartition(state.jobId),
  byBatch: state.batch?.batchId,
  batchLine: state.batch && lineKey(state.batch.line),
  ...state,
});

/**
 * Writes a new job in one transaction: state, request, first event, and the writes `together`. Answers false when the job exists
 * already, or a condition of those writes did not hold.
 */
export const createJob = async (
  change: JobChange,
  request: JobRequest,
  together: readonly Write[] = [],
): Promise<boolean> => {
  const { state } = change;
  try {
    await transact([
      putNew(stateItem(state)),
      putNew({ ...requestKey(state.jobId), ...request }),
      ...eventWrites(change, request),
      ...together,
    ]);
    return true;
  } catch (error) {
    if (error instanceof StaleJob) return false;
    throw error;
  }
};

// Every job of an owner writes the one item of the day: 0.05 + 0.1 + … + 2 s = 9.2 s at most.
const RESERVE_TRIES = 10;

/**
 * Writes a change, its event, its slot, its money, and the writes `together`, in one transaction. Throws `StaleJob` when another
 * function changed the job since it was read; with a limit `BudgetSpent` where its owner's budget has no room.
 */
const writeJob = (
  job: Job,
  change: JobChange,
  together: readonly Write[] = [],
  limitMicros?: number,
): Promise<void> => {
  const writes = [
    {
      Put: {
        TableName: environment(Env.jobTable),
        Item: stateItem(change.state),
        ConditionExpression: 'revision = :revision AND run = :run',
        ExpressionAttributeValues: { ':revision': job.state.revision, ':run': job.state.run },
      },
    },
    ...eventWrites(change, job.request),
    ...together,
    ...releaseWrites(job.state, change.state),
    ...untrackedSlotWrites(job.state, change.state),
    ...billingWrites(job.state, change.state, limitMicros),
  ];
  return limitMicros === undefined ? transact(writes) : transact(writes, RESERVE_TRIES);
};

/** Saves a change, if there is one, and with it what is known of an attempt. Throws `TaskTaken` where its task is another job's. */
export const saveJob = async (
  job: Job,
  change: JobChange | undefined,
  attempt?: SubmitAttempt,
): Promise<Job> => {
  if (!change) return job;
  const { jobId, provider } = job.state;
  const known = attempt
    ? [attemptWrite(jobId, attempt), ...taskIndexWrites(provider, attempt.task, jobId)]
    : [];
  await writeJob(job, change, known);
  return { ...job, state: change.state };
};

/** Saves a change that reserves a part of its owner's budget. Throws `BudgetSpent` where there is no room. */
export const saveReserving = async (job: Job, change: JobChange, limitMicros: number): Promise<Job> => {
  await writeJob(job, change, [], limitMicros);
  return { ...job, state: change.state };
};

/** Saves a change and items that belong to it. Throws `StaleJob` where a condition of any of them did not hold. */
export const saveWithWrites = async (
  job: Job,
  change: JobChange,
  together: readonly Write[],
): Promise<Job> => {
  await writeJob(job, change, together);
  return { ...job, state: change.state };
};

/** The intent: written before the POST, and only when this attempt does not exist. */
export const saveAttempt = async (job: Job, change: JobChange, attempt: SubmitAttempt): Promise<Job> => {
  await writeJob(job, change, [newAttemptWrite(change.state.jobId, attempt)]);
  return { ...job, state: change.state };
};

type Answer = Required<Pick<SubmitAttempt, 'answeredAt' | 'outcome'>> &
  Pick<SubmitAttempt, 'task' | 'reason'>;

// 0.05 + 0.1 + … + 2 s = 5.2 s at most, beside what the SDK retries itself: within the time that SubmitJob has left.
const OUTCOME_TRIES = 8;

/**
 * Records what happened outside and cannot be undone: the answer to a submit, a stored video. It is recorded whatever the run,
 * whatever was written meanwhile, and through short failures of the table: `apply` decides anew on the job as it is now.
 */
export const saveOutcome = async (
  jobId: string,
  apply: (job: Job) => JobChange | undefined,
  together: readonly Write[] = [],
): Promise<Job> => {
  const save = async (): Promise<Job> => {
    const job = await loadJob(jobId);
    const change = apply(job);
    if (!change) return job;
    try {
      await writeJob(job, change, together);
    } catch (error) {
      if (!(error instanceof TaskTaken)) throw error;
      // The provider answered with a task of another job. The answer is recorded all the same; the task stays the first job's.
      logger.error('the provider gave a task twice', { jobId });
      await writeJob(
        job,
        change,
        together.filter((write) => !isTaskClaim(write)),
      );
    }
    return { ...job, state: change.state };
  };
  // Every error of the table is retried, not conflicts alone: the answer is paid for.
  return retryOnConflict(save, {
    tries: OUTCOME_TRIES,
    isConflict: (error) => !(error instanceof JobNotFound),
  });
};

/** Saves the answer to an attempt, what it means for the job, and which job its task belongs to. */
export const saveAnswer = (
  jobId: string,
  attempt: SubmitAttempt,
  answer: Answer,
  apply: (job: Job) => JobChange,
  provider?: string,
): Promise<Job> =>
  saveOutcome(jobId, apply, [
    attemptWrite(jobId, { ...attempt, ...answer }),
    ...taskIndexWrites(provider, answer.task, jobId),
  ]);
