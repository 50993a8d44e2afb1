import { joinKey, Partition, partsOfKey, SortKey, SortKeyPrefix } from '../../../core/kernel/table-keys.ts';
import type { ItemKey } from './keys.ts';

/** What an item is, by its key. */
export type ItemIdentity =
  | { readonly is: 'job-state' | 'job-request' | 'event' | 'attempt' | 'delivery'; readonly jobId: string }
  | { readonly is: 'batch-state' | 'refused-row'; readonly batchId: string }
  | { readonly is: 'slot' | 'queued-job' | 'provider-state' | 'wake'; readonly provider: string }
  | { readonly is: 'other' };

/**
 * The kind of an item. Every reader of mixed items (a stream, an index, a whole partition) tells them apart by this. Kinds that
 * are always read by themselves are `other`.
 */
export const identify = ({ pk, sk }: ItemKey): ItemIdentity => {
  const [kind = '', ...rest] = partsOfKey(pk);
  const id = joinKey(...rest);
  switch (kind) {
    case Partition.job:
      return jobItem(id, sk);
    case Partition.batch:
      return { is: sk === SortKey.state ? 'batch-state' : 'refused-row', batchId: id };
    case Partition.slot:
      return { is: 'slot', provider: id };
    case Partition.queue:
      return { is: 'queued-job', provider: id };
    case Partition.provider:
      return { is: sk === SortKey.wake ? 'wake' : 'provider-state', provider: id };
    default:
      return { is: 'other' };
  }
};

const jobItem = (jobId: string, sk: string): ItemIdentity => {
  const [kind] = partsOfKey(sk);
  switch (kind) {
    case SortKey.state:
      return { is: 'job-state', jobId };
    case SortKey.request:
      return { is: 'job-request', jobId };
    case SortKeyPrefix.event:
      return { is: 'event', jobId };
    case SortKeyPrefix.attempt:
      return { is: 'attempt', jobId };
    case SortKeyPrefix.delivery:
      return { is: 'delivery', jobId };
    default:
      return { is: 'other' };
  }
};

/** The job that an item belongs to. @throws Error for an item of another partition */
export const jobIdOf = (key: ItemKey): string => {
  const identity = identify(key);
  if ('jobId' in identity) return identity.jobId;
  throw new Error(`The item ${key.pk} ${key.sk} belongs to no job.`);
};
