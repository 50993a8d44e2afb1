import { BatchGetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { firstInboxSweep, InboxSweep } from '../../../core/jobs/inbox-sweep.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { now } from '../platform/clock.ts';
import { environment } from '../platform/environment.ts';
import { loadItem, table } from './dynamodb.ts';
import { jobIdOf } from './identify.ts';
import { inboxSweepKey, stateKey } from './keys.ts';

/** How far the inbox is swept. */
export const loadInboxSweep = async (): Promise<InboxSweep> => {
  const item = await loadItem(inboxSweepKey());
  return item ? InboxSweep.parse(item) : firstInboxSweep(now());
};

/** Saves it, if no other sweep did meanwhile. @throws ConditionalCheckFailedException */
export const saveInboxSweep = async (sweep: InboxSweep): Promise<InboxSweep> => {
  const next = { ...sweep, revision: sweep.revision + 1 };
  await table().send(
    new PutCommand({
      TableName: environment(Env.jobTable),
      Item: { ...inboxSweepKey(), ...next },
      ConditionExpression: 'attribute_not_exists(pk) OR revision = :seen',
      ExpressionAttributeValues: { ':seen': sweep.revision },
    }),
  );
  return next;
};

/** DynamoDB reads so many items in one request. */
const MOST_KEYS = 100;

/** Those of the ids that have a job, or had one that was deleted. */
export const knownJobs = async (jobIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const TableName = environment(Env.jobTable);
  const known = new Set<string>();
  for (let first = 0; first < jobIds.length; first += MOST_KEYS) {
    const Keys = jobIds.slice(first, first + MOST_KEYS).map(stateKey);
    const { Responses, UnprocessedKeys } = await table().send(
      new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ProjectionExpression: 'pk, sk' } } }),
    );
    // A drop that was not read may have a job: the next sweep reads the page again.
    if (UnprocessedKeys?.[TableName]) throw new Error('The table throttled the read of jobs.');
    for (const { pk, sk } of Responses?.[TableName] ?? [])
      known.add(jobIdOf({ pk: String(pk), sk: String(sk) }));
  }
  return known;
};
