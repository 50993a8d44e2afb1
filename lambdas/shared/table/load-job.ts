import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { isTombstone } from '../../../core/jobs/deletion.ts';
import { type Job, JobRequest, JobState } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { SortKey } from '../../../core/kernel/table-keys.ts';
import { environment } from '../platform/environment.ts';
import { table } from './dynamodb.ts';
import { renameJobState } from './earlier-names.ts';
import { JobDeleted, JobNotFound } from './job-errors.ts';
import { jobPartition } from './keys.ts';

/** State and request in one consistent read. Throws `JobNotFound`, or `JobDeleted`. */
export const loadJob = async (jobId: string): Promise<Job> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      // STATE and REQUEST are neighbours in the sort order; timeline and attempts sort before them.
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :request AND :state',
      ExpressionAttributeValues: {
        ':pk': jobPartition(jobId),
        ':request': SortKey.request,
        ':state': SortKey.state,
      },
    }),
  );
  const state = Items.find(({ sk }) => sk === SortKey.state);
  const request = Items.find(({ sk }) => sk === SortKey.request);
  if (state && isTombstone(state)) throw new JobDeleted(`The job ${jobId} was deleted.`);
  if (!state || !request) throw new JobNotFound(`There is no job ${jobId}.`);
  return { state: JobState.parse(renameJobState(state)), request: JobRequest.parse(request) };
};

/** The job; nothing where it does not exist, or was deleted. */
export const findJob = async (jobId: string): Promise<Job | undefined> => {
  try {
    return await loadJob(jobId);
  } catch (error) {
    if (error instanceof JobNotFound) return undefined;
    throw error;
  }
};
