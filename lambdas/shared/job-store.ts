import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { Env } from '../../core/contract.ts';
import { partitionOf } from '../../core/ids.ts';
import { type Job, type JobChange, JobRequest, JobState } from '../../core/job.ts';
import { JobEvent, jobEvent } from '../../core/job-events.ts';
import { SubmitAttempt } from '../../core/submit-ledger.ts';
import { environment } from './environment.ts';

type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** The job moved on since it was read. Reading it again and deciding anew is right. */
export class StaleJob extends Error {
  override readonly name = 'StaleJob';
}

export class JobNotFound extends Error {
  override readonly name = 'JobNotFound';
}

let client: DynamoDBDocumentClient | undefined;
const table = (): DynamoDBDocumentClient => {
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return client;
};

const partition = (jobId: string): string => `J#${jobId}`;
const eventKey = (sequence: number): string => `EVENT#${String(sequence).padStart(6, '0')}`;
const attemptKey = (attempt: number): string => `ATTEMPT#${attempt}`;

// Index keys of DATA.md: four or eight partitions, so that no owner's and no stage's jobs make one hot.
const OWNER_PARTITIONS = 4;
const DUE_PARTITIONS = 8;

const indexKeys = (state: JobState): Record<string, string | undefined> => {
  const shard = partitionOf(state.jobId, OWNER_PARTITIONS);
  const folder = state.source?.key.split('/').slice(0, -1).join('/') ?? '';
  return {
    byOwner: `${state.owner}#${shard}`,
    byOwnerStatus: `${state.owner}#${state.status}#${shard}`,
    byFolder: `${state.owner}#${folder}#${shard}`,
    byTime: `${state.createdAt}#${state.jobId}`,
    due: state.dueAt && `DUE#${partitionOf(state.jobId, DUE_PARTITIONS)}`,
  };
};

const stateItem = (state: JobState): Record<string, unknown> => ({
  pk: partition(state.jobId),
  sk: 'STATE',
  ...indexKeys(state),
  ...state,
});

const putNew = (item: Record<string, unknown>): Write => ({
  Put: { TableName: environment(Env.jobTable), Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
});

const eventWrites = ({ state, event }: JobChange, request: JobRequest): Write[] =>
  event
    ? [
        putNew({
          pk: partition(state.jobId),
          sk: eventKey(state.sequence),
          ...jobEvent(event, state, request),
        }),
      ]
    : [];

/** All or nothing. Throws `StaleJob` when a condition did not hold. */
const transact = async (writes: Write[]): Promise<void> => {
  try {
    await table().send(new TransactWriteCommand({ TransactItems: writes }));
  } catch (error) {
    const isRefused =
      error instanceof TransactionCanceledException &&
      error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed');
    if (isRefused) throw new StaleJob('The job moved on since it was read.', { cause: error });
    throw error;
  }
};

/** Writes a new job whole: state, request and first event. Answers false when the job is there already. */
export const createJob = async (change: JobChange, request: JobRequest): Promise<boolean> => {
  const { state } = change;
  try {
    await transact([
      putNew(stateItem(state)),
      putNew({ pk: partition(state.jobId), sk: 'REQUEST', ...request }),
      ...eventWrites(change, request),
    ]);
    return true;
  } catch (error) {
    if (error instanceof StaleJob) return false;
    throw error;
  }
};

/** State and request in one consistent read. Throws `JobNotFound`. */
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
  if (!state || !request) throw new JobNotFound(`There is no job ${jobId}.`);
  return { state: JobState.parse(state), request: JobRequest.parse(request) };
};

/**
 * Writes a change, its event, and what belongs to both, in one transaction. Throws `StaleJob` when somebody else wrote since
 * the job was read.
 */
const writeJob = (job: Job, change: JobChange, together: readonly Write[] = []): Promise<void> =>
  transact([
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
  ]);

export const saveJob = async (job: Job, change: JobChange | undefined): Promise<Job> => {
  if (!change) return job;
  await writeJob(job, change);
  return { ...job, state: change.state };
};

/** The intent: written before the POST, and only when this attempt does not exist. */
export const saveAttempt = async (job: Job, change: JobChange, attempt: SubmitAttempt): Promise<Job> => {
  await writeJob(job, change, [
    putNew({ pk: partition(change.state.jobId), sk: attemptKey(attempt.attempt), ...attempt }),
  ]);
  return { ...job, state: change.state };
};

type Answer = Required<Pick<SubmitAttempt, 'answeredAt' | 'outcome'>> &
  Pick<SubmitAttempt, 'task' | 'reason'>;

const ANSWER_TRIES = 6;

/**
 * The answer to an attempt, with what it means for the job. It is recorded whatever the run and whoever wrote meanwhile:
 * `apply` decides anew on the job as it is now.
 */
export const saveAnswer = async (
  jobId: string,
  attempt: SubmitAttempt,
  answer: Answer,
  apply: (job: Job) => JobChange,
): Promise<Job> => {
  const answered: Write = {
    Put: {
      TableName: environment(Env.jobTable),
      Item: { pk: partition(jobId), sk: attemptKey(attempt.attempt), ...attempt, ...answer },
      ConditionExpression: 'attribute_exists(pk)',
    },
  };
  for (let tries = 1; ; tries += 1) {
    const job = await loadJob(jobId);
    const change = apply(job);
    try {
      await writeJob(job, change, [answered]);
      return { ...job, state: change.state };
    } catch (error) {
      if (!(error instanceof StaleJob) || tries === ANSWER_TRIES) throw error;
    }
  }
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
  const { Item } = await table().send(
    new GetCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      Key: { pk: partition(state.jobId), sk: attemptKey(state.attempt) },
    }),
  );
  return Item && SubmitAttempt.parse(Item);
};
