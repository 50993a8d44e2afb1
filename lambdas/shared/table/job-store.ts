import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { isTombstone } from '../../../core/jobs/deletion.ts';
import { type Job, type JobChange, JobRequest, JobState } from '../../../core/jobs/job.ts';
import { JobEvent, jobEvent } from '../../../core/jobs/job-event.ts';
import { indexAttributes } from '../../../core/jobs/list-index.ts';
import { plusSeconds } from '../../../core/jobs/poll-schedule.ts';
import { SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { partitionOf } from '../../../core/kernel/ids.ts';
import { environment } from '../platform/environment.ts';
import { billingWrites, isBudgetWrite } from './billing-writes.ts';
import { isSlotReturn, releaseWrites, untrackedSlotWrites } from './queue-items.ts';
import { taskIndexWrites } from './task-index.ts';

export type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** The job moved on since it was read. Reading it again and deciding anew is right. */
export class StaleJob extends Error {
  override readonly name = 'StaleJob';
}

/** The owner's budget of that day has no room for this job. Nothing was written. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

export class JobNotFound extends Error {
  override readonly name: 'JobNotFound' | 'JobDeleted' = 'JobNotFound';
}

/** The job was there and was deleted: it is never made again. */
export class JobDeleted extends JobNotFound {
  override readonly name = 'JobDeleted';
}

let client: DynamoDBDocumentClient | undefined;
export const table = (): DynamoDBDocumentClient => {
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return client;
};

export const partition = (jobId: string): string => `J#${jobId}`;
/** In the order of lines: `000017`. */
export const lineKey = (line: number): string => String(line).padStart(6, '0');
const eventKey = (sequence: number): string => `EVENT#${String(sequence).padStart(6, '0')}`;
const attemptKey = (attempt: number): string => `ATTEMPT#${attempt}`;

// So that no stage's open jobs make one partition hot.
const DUE_PARTITIONS = 8;

/** The partitions of the index `due`: what the sweeper looks through. */
export const duePartitions = Array.from({ length: DUE_PARTITIONS }, (_, index) => `DUE#${index}`);

export const duePartition = (jobId: string): string => `DUE#${partitionOf(jobId, DUE_PARTITIONS)}`;

// The stream brings an event to the bus within seconds; what is left after this the sweeper publishes.
const EVENT_DUE_SECONDS = 300;

const stateItem = (state: JobState): Record<string, unknown> => ({
  pk: partition(state.jobId),
  sk: 'STATE',
  ...indexAttributes(state),
  due: state.dueAt && duePartition(state.jobId),
  byBatch: state.batch?.batchId,
  batchLine: state.batch && lineKey(state.batch.line),
  ...state,
});

export const putNew = (item: Record<string, unknown>): Write => ({
  Put: { TableName: environment(Env.jobTable), Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
});

const eventWrites = ({ state, event, action }: JobChange, request: JobRequest): Write[] =>
  event
    ? [
        putNew({
          pk: partition(state.jobId),
          sk: eventKey(state.sequence),
          ...jobEvent(event, state, request, action),
          // Gone when the event was published.
          due: duePartition(state.jobId),
          dueAt: plusSeconds(state.updatedAt, EVENT_DUE_SECONDS),
        }),
      ]
    : [];

const reasonsOf = (error: unknown): (string | undefined)[] =>
  error instanceof TransactionCanceledException
    ? (error.CancellationReasons ?? []).map(({ Code }) => Code)
    : [];

export const hasReason = (error: unknown, reason: string): boolean => reasonsOf(error).includes(reason);

/** Whether writes of this kind were refused, and nothing else: reasons stand in the order of the writes. */
const isRefused = (
  error: unknown,
  writes: readonly Write[],
  isOfKind: (write: Write) => boolean,
): boolean => {
  const refused = writes.filter((_, index) => reasonsOf(error)[index] === 'ConditionalCheckFailed');
  return refused.length > 0 && refused.every(isOfKind);
};

/** 50, 100, 200 … ms, at most 2 s, half of it by chance: whoever met once does not meet again. */
export const pause = (tries: number): Promise<void> => {
  const longest = Math.min(25 * 2 ** tries, 2000);
  return sleep(longest / 2 + Math.random() * (longest / 2));
};

const CONFLICT_TRIES = 5;
// Every job of an owner writes the one item of the day: 0.05 + 0.1 + … + 2 s ≈ 10 s at most.
const RESERVE_TRIES = 10;

/**
 * All or nothing. Throws `StaleJob` when a condition did not hold, `BudgetSpent` when it was the budget's. Somebody else's
 * transaction on the same items at the same moment (a cancel and the provider's answer, say) is no refusal: it is tried
 * again, and then the conditions tell.
 */
const transact = async (writes: Write[], mostTries = CONFLICT_TRIES): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      await table().send(new TransactWriteCommand({ TransactItems: writes }));
      return;
    } catch (error) {
      // Somebody took the slot away by hand, and another job has it. That is no reason to lose what is known of this one.
      if (isRefused(error, writes, isSlotReturn))
        return transact(
          writes.filter((write) => !isSlotReturn(write)),
          mostTries,
        );
      if (isRefused(error, writes, isBudgetWrite))
        throw new BudgetSpent('There is no room in the budget of this day.', { cause: error });
      if (hasReason(error, 'ConditionalCheckFailed'))
        throw new StaleJob('The job moved on since it was read.', { cause: error });
      if (tries === mostTries || !hasReason(error, 'TransactionConflict')) throw error;
      await pause(tries);
    }
  }
};

/**
 * Writes a new job whole: state, request and first event, if what is written with them allows it. Answers false when the job is
 * there already, or not allowed.
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
      putNew({ pk: partition(state.jobId), sk: 'REQUEST', ...request }),
      ...eventWrites(change, request),
      ...together,
    ]);
    return true;
  } catch (error) {
    if (error instanceof StaleJob) return false;
    throw error;
  }
};

/** State and request in one consistent read. Throws `JobNotFound`, or `JobDeleted`. */
export const loadJob = async (jobId: string): Promise<Job> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      // STATE and REQUEST are neighbours in the sort order; timeline and attempts sort before them.
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :request AND :state',
      ExpressionAttributeValues: { ':pk': partition(jobId), ':request': 'REQUEST', ':state': 'STATE' },
    }),
  );
  const state = Items.find(({ sk }) => sk === 'STATE');
  const request = Items.find(({ sk }) => sk === 'REQUEST');
  if (state && isTombstone(state)) throw new JobDeleted(`The job ${jobId} was deleted.`);
  if (!state || !request) throw new JobNotFound(`There is no job ${jobId}.`);
  return { state: JobState.parse(state), request: JobRequest.parse(request) };
};

/** The same of a job that may not be there. */
export const findJob = async (jobId: string): Promise<Job | undefined> => {
  try {
    return await loadJob(jobId);
  } catch (error) {
    if (error instanceof JobNotFound) return undefined;
    throw error;
  }
};

/**
 * Writes a change, its event, what it means in money, and what belongs to them, in one transaction. Throws `StaleJob` when
 * somebody else wrote since the job was read; with a limit `BudgetSpent` where its owner's budget has no room.
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
  return transact(writes, limitMicros === undefined ? CONFLICT_TRIES : RESERVE_TRIES);
};

/** Saves a change, if there is one, and with it what became known of an attempt. */
export const saveJob = async (
  job: Job,
  change: JobChange | undefined,
  attempt?: SubmitAttempt,
): Promise<Job> => {
  if (!change) return job;
  const { jobId, provider } = job.state;
  const known = attempt
    ? [putAttempt(jobId, attempt), ...taskIndexWrites(provider, attempt.task, jobId)]
    : [];
  await writeJob(job, change, known);
  return { ...job, state: change.state };
};

/** Saves a change that takes from its owner's budget. Throws `BudgetSpent` where there is no room. */
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

const putAttempt = (jobId: string, attempt: SubmitAttempt): Write => ({
  Put: {
    TableName: environment(Env.jobTable),
    Item: { pk: partition(jobId), sk: attemptKey(attempt.attempt), ...attempt },
    ConditionExpression: 'attribute_exists(pk)',
  },
});

/** The intent: written before the POST, and only when this attempt does not exist. */
export const saveAttempt = async (job: Job, change: JobChange, attempt: SubmitAttempt): Promise<Job> => {
  await writeJob(job, change, [
    putNew({ pk: partition(change.state.jobId), sk: attemptKey(attempt.attempt), ...attempt }),
  ]);
  return { ...job, state: change.state };
};

type Answer = Required<Pick<SubmitAttempt, 'answeredAt' | 'outcome'>> &
  Pick<SubmitAttempt, 'task' | 'reason'>;

// 0.04 + 0.08 + … + 2 s ≈ 6 s at most, beside what the SDK tries itself: within the time that SubmitJob has left.
const OUTCOME_TRIES = 8;

/**
 * Records what happened outside and cannot be taken back: the answer to an order, a stored video. It is recorded whatever the
 * run, whoever wrote meanwhile and whatever trouble the table has for a moment: `apply` decides anew on the job as it is now.
 */
export const saveOutcome = async (
  jobId: string,
  apply: (job: Job) => JobChange | undefined,
  together: readonly Write[] = [],
): Promise<Job> => {
  for (let tries = 1; ; tries += 1) {
    try {
      const job = await loadJob(jobId);
      const change = apply(job);
      if (!change) return job;
      await writeJob(job, change, together);
      return { ...job, state: change.state };
    } catch (error) {
      if (error instanceof JobNotFound || tries === OUTCOME_TRIES) throw error;
      await pause(tries);
    }
  }
};

/** The answer to an attempt, with what it means for the job, and whose task it names. */
export const saveAnswer = (
  jobId: string,
  attempt: SubmitAttempt,
  answer: Answer,
  apply: (job: Job) => JobChange,
  provider?: string,
): Promise<Job> =>
  saveOutcome(jobId, apply, [
    putAttempt(jobId, { ...attempt, ...answer }),
    ...taskIndexWrites(provider, answer.task, jobId),
  ]);

/** One item as it is now. */
export const loadItem = async (key: {
  readonly pk: string;
  readonly sk: string;
}): Promise<Record<string, unknown> | undefined> => {
  const { Item } = await table().send(
    new GetCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      Key: { pk: key.pk, sk: key.sk },
    }),
  );
  return Item;
};

/** A job's events, oldest first. */
export const loadTimeline = async (jobId: string): Promise<JobEvent[]> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
      ExpressionAttributeValues: { ':pk': partition(jobId), ':event': 'EVENT#' },
    }),
  );
  return Items.map((item) => JobEvent.parse(item));
};

export const loadAttempt = async ({ state }: Job): Promise<SubmitAttempt | undefined> => {
  if (state.attempt === 0) return undefined;
  const item = await loadItem({ pk: partition(state.jobId), sk: attemptKey(state.attempt) });
  return item && SubmitAttempt.parse(item);
};
