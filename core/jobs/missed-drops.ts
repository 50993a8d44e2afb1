import { dropJobId } from '../kernel/ids.ts';
import { isTombstone, TOMBSTONE_DAYS } from './deletion.ts';

// An event that never came: which objects of the inbox should have become jobs and did not.

/** A version of an object, as S3 lists it. */
export interface ListedVersion {
  readonly key: string;
  readonly versionId: string;
  readonly bytes: number;
  readonly isLatest: boolean;
  readonly writtenAt: Date;
}

/** A drop, and the job that its event would have made. */
export interface Drop extends ListedVersion {
  readonly jobId: string;
}

/** S3 gives this id to what was written before the bucket kept versions. Its event named a job that we cannot know. */
const NO_VERSION = 'null';

/** The objects that would become jobs if they were dropped now: no older versions, and no folders of the console. */
export const dropsOf = (bucket: string, versions: readonly ListedVersion[]): Drop[] =>
  versions
    .filter(({ isLatest, versionId }) => isLatest && versionId !== NO_VERSION)
    .filter(({ key, bytes }) => !(bytes === 0 && key.endsWith('/')))
    .map((version) => ({
      ...version,
      jobId: dropJobId({ bucket, key: version.key, versionId: version.versionId, sequencer: '' }),
    }));

/** What became of a drop. `unknowable`: its job may have been deleted, and the tombstone forgotten. */
export type Fate = 'made' | 'deleted' | 'missed' | 'unknowable';

/** @param state the item at the job's STATE, a tombstone for a deleted job */
export const fateOf = (
  { writtenAt }: Pick<Drop, 'writtenAt'>,
  state: Record<string, unknown> | undefined,
  now: Date,
): Fate => {
  if (state) return isTombstone(state) ? 'deleted' : 'made';
  const days = (now.getTime() - writtenAt.getTime()) / 86_400_000;
  return days < TOMBSTONE_DAYS ? 'missed' : 'unknowable';
};
