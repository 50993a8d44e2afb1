import type * as z from 'zod';
import { partitionOf } from '../kernel/ids.ts';
import { IndexPartition, joinKey } from '../kernel/table-keys.ts';
import { JobState } from './job.ts';

// How jobs are found without their ids. The key attributes stand on STATE beside the job's own; the indexes hold only what a
// list shows, and nothing that changes without the status: a write that moves none of it does not touch them.

/** Four partitions for each list, so that no owner's jobs make one hot. */
export const LIST_PARTITIONS = 4;

/** Index name → its keys. An item that misses one of the keys is not in the index. */
export const jobIndexes = {
  byOwner: { partitionKey: 'byOwner', sortKey: 'byTime' },
  byOwnerStatus: { partitionKey: 'byOwnerStatus', sortKey: 'byTime' },
  byFolder: { partitionKey: 'byFolder', sortKey: 'byTime' },
  /** Jobs of all owners that need a person's attention. */
  attention: { partitionKey: 'byAttention', sortKey: 'attentionTime' },
  attentionByOwner: { partitionKey: 'byOwner', sortKey: 'attentionTime' },
} as const;
export type JobIndex = keyof typeof jobIndexes;

export const jobIndexNames: readonly JobIndex[] = [
  'byOwner',
  'byOwnerStatus',
  'byFolder',
  'attention',
  'attentionByOwner',
];

/** A job as the indexes hold it. */
export const ListedJob = JobState.pick({
  jobId: true,
  owner: true,
  status: true,
  provider: true,
  model: true,
  createdAt: true,
  submittedAt: true,
  finishedAt: true,
  overdue: true,
  attention: true,
  priceMicros: true,
  costMicros: true,
  source: true,
  video: true,
  videoCount: true,
  failure: true,
});
export type ListedJob = z.infer<typeof ListedJob>;

/**
 * What the five indexes hold of a job since 0.1.0. Never change this list: DynamoDB cannot change the projection of an index, so a
 * deployment over an older one would fail. A list that is to show more gets an index with a new name and a list of its own, as the
 * guide "Deploying" says. DynamoDB takes at most 20 attributes for an index, and 100 for all of a table together.
 */
export const listedAttributes = [
  'jobId',
  'owner',
  'status',
  'provider',
  'model',
  'createdAt',
  'submittedAt',
  'finishedAt',
  'overdue',
  'attention',
  'priceMicros',
  'costMicros',
  'source',
  'video',
  'videoCount',
  'failure',
] as const satisfies readonly (keyof ListedJob)[];

/** What each index holds of a job, beside the keys. */
export const projections: Readonly<Record<JobIndex, readonly (keyof ListedJob)[]>> = {
  byOwner: listedAttributes,
  byOwnerStatus: listedAttributes,
  byFolder: listedAttributes,
  attention: listedAttributes,
  attentionByOwner: listedAttributes,
};

/** The folder of a job's start frame: `shoes/red/1.png` → `shoes/red`. Nothing for a job without a start frame. */
export const folderOf = ({ source }: Pick<JobState, 'source'>): string | undefined =>
  source?.key.split('/').slice(0, -1).join('/');

/** The partitions of an index that make up a list. */
export const listPartitions = (...parts: readonly string[]): readonly string[] =>
  Array.from({ length: LIST_PARTITIONS }, (_, index) => joinKey(...parts, index));

/** Partitions of the open attention items of all owners. */
export const ATTENTION_PARTITION = IndexPartition.attention;

export type IndexAttributes = Readonly<
  Record<(typeof jobIndexes)[JobIndex]['partitionKey' | 'sortKey'], string | undefined>
>;

/** The keys of a job in every index. The job is in no index for which a key has no value. */
export const indexAttributes = (state: JobState): IndexAttributes => {
  const { jobId, owner, status, createdAt, attention } = state;
  const partition = String(partitionOf(jobId, LIST_PARTITIONS));
  const folder = folderOf(state);
  return {
    byOwner: joinKey(owner, partition),
    byOwnerStatus: joinKey(owner, status, partition),
    byFolder: folder === undefined ? undefined : joinKey(owner, folder, partition),
    byTime: joinKey(createdAt, jobId),
    byAttention: attention && joinKey(ATTENTION_PARTITION, partition),
    attentionTime: attention && joinKey(attention.since, jobId),
  };
};
