import { BATCH_INDEX, DUE_INDEX } from '../kernel/contract.ts';
import { jobIndexes, jobIndexNames, projections } from './list-index.ts';

// The job table, said once: the stack deploys it, tests create it. All key attributes are texts.

/** An index has only the items that have both of its keys. */
export interface IndexSchema {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  /** What it holds of an item beside the keys of the table and its own. */
  readonly attributes: readonly string[];
}

/** What is open, or not yet published, has these keys. A reader loads the item before it acts. */
const dueIndex: IndexSchema = {
  name: DUE_INDEX,
  partitionKey: 'due',
  sortKey: 'dueAt',
  attributes: [],
};

/** The jobs of batches. A write that does not change the status does not touch it. */
const batchIndex: IndexSchema = {
  name: BATCH_INDEX,
  partitionKey: 'byBatch',
  sortKey: 'batchLine',
  attributes: ['status'],
};

export const tableSchema = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** Seconds since 1970 after which DynamoDB deletes an item. */
  timeToLive: 'expiresAt',
  stream: 'NEW_AND_OLD_IMAGES',
  indexes: [
    dueIndex,
    ...jobIndexNames.map((name) => ({ name, ...jobIndexes[name], attributes: projections[name] })),
    batchIndex,
  ] satisfies readonly IndexSchema[],
} as const;

/** Every attribute that is a key of the table or of an index, once. */
export const keyAttributes: readonly string[] = [
  ...new Set(
    [tableSchema, ...tableSchema.indexes].flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]),
  ),
];
