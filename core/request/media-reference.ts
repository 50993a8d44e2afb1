import { digest } from '../kernel/ids.ts';

// Keys of the frames bucket that have an owner: `uploads/<owner>/<id>-<filename>` and `fetched/<owner>/<jobId>-<field>`. The
// address of a frame goes to the provider, so the owner stands there as a hash, not by name.

export const UPLOADS = 'uploads/';
export const FETCHED = 'fetched/';

const LONGEST_FILENAME = 100;

const ownerPart = (owner: string): string => digest(['owner', owner]).slice(0, 32);

/** Where an upload goes. Of the filename what needs no encoding anywhere is kept. */
export const uploadKey = (owner: string, id: string, filename: string): string =>
  `${UPLOADS}${ownerPart(owner)}/${id}-${filename.replaceAll(/[^A-Za-z0-9._-]+/g, '_').slice(-LONGEST_FILENAME)}`;

/** Where a frame is kept that was fetched for a job: the same however often the job is prepared. */
export const fetchedKey = (owner: string, jobId: string, field: string): string =>
  `${FETCHED}${ownerPart(owner)}/${jobId}-${field}`;

/** The object that an `s3://bucket/key` address names; undefined for any other text. */
export const locationOfS3Uri = (
  uri: string,
): { readonly bucket: string; readonly key: string } | undefined => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
};

/** Who names an object. */
export interface Requester {
  readonly owner: string;
  readonly isAdmin: boolean;
}

/** Of a stage: whose is what has no owner by its key, and whether every caller may use it. */
export interface Sharing {
  readonly dropOwner: string;
  readonly sharedFrames: boolean;
}

/**
 * Whether somebody may have a frame or video made from an object of ours. `hidden`: it is somebody else's, and one learns no more of
 * it than of one that is not there. `not-shared`: people put it there by hand (the inbox, the rest of the frames bucket), and
 * this stage keeps that for those who drop.
 */
export const canReference = (
  { key, bucketIs }: { readonly key: string; readonly bucketIs: 'inbox' | 'frames' },
  { owner, isAdmin }: Requester,
  { dropOwner, sharedFrames }: Sharing,
): 'yes' | 'hidden' | 'not-shared' => {
  if (isAdmin) return 'yes';
  const [, part] = (bucketIs === 'frames' && /^(?:uploads|fetched)\/([^/]*)/.exec(key)) || [];
  if (part !== undefined) return part === ownerPart(owner) ? 'yes' : 'hidden';
  return sharedFrames || owner === dropOwner ? 'yes' : 'not-shared';
};
