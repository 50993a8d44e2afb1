import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { JobChange, JobRequest } from '../../../core/jobs/job.ts';
import { JobEvent, jobEvent } from '../../../core/jobs/job-event.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { plusSeconds } from '../../../core/kernel/time.ts';
import { environment } from '../platform/environment.ts';
import { table } from './dynamodb.ts';
import { duePartition, EVENTS, eventKey, jobPartition } from './keys.ts';
import { putNew, type Write } from './write.ts';

// The stream brings an event to the bus within seconds; after this time the sweeper publishes it.
const EVENT_DUE_SECONDS = 300;

export const eventWrites = ({ state, event, action }: JobChange, request: JobRequest): Write[] =>
  event
    ? [
        putNew({
          ...eventKey(state.jobId, state.sequence),
          ...jobEvent(event, state, request, action),
          // Removed when the event is published.
          due: duePartition(state.jobId),
          dueAt: plusSeconds(state.updatedAt, EVENT_DUE_SECONDS),
        }),
      ]
    : [];

/** A job's events, oldest first. */
export const loadTimeline = async (jobId: string): Promise<JobEvent[]> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
      ExpressionAttributeValues: { ':pk': jobPartition(jobId), ':event': EVENTS },
    }),
  );
  return Items.map((item) => JobEvent.parse(item));
};
