import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { partitionOf } from '../../core/ids.ts';
import type { JobRequest, JobState } from '../../core/job.ts';
import type { SubmitAttempt } from '../../core/submit-ledger.ts';

/** The partition of the sweeper's index, one of eight. */
export const duePartition = (jobId: string): string => `DUE#${partitionOf(jobId, 8)}`;

/** Puts a job into the table as it would be after earlier steps. */
export const putJob = async (
  state: JobState,
  request: JobRequest,
  attempt?: SubmitAttempt,
): Promise<void> => {
  const table = process.env.JOB_TABLE ?? '';
  const pk = `J#${state.jobId}`;
  const items = [
    { pk, sk: 'STATE', ...state, ...(state.dueAt ? { due: duePartition(state.jobId) } : {}) },
    { pk, sk: 'REQUEST', ...request },
    ...(attempt ? [{ pk, sk: `ATTEMPT#${attempt.attempt}`, ...attempt }] : []),
  ];
  await DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new BatchWriteCommand({ RequestItems: { [table]: items.map((Item) => ({ PutRequest: { Item } })) } }),
  );
};
