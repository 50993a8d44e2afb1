import { digest } from '../kernel/ids.ts';

// Two kinds of keys of the frames bucket name their owner: `uploads/<owner>/<id>-<filename>` and
// `fetched/<owner>/<jobId>-<field>`. The address of a frame goes to the provider, so the key holds a hash of the owner's name.

export const UPLOADS = 'uploads/';
export const FETCHED = 'fetched/';

const LONGEST_FILENAME = 100;

const ownerPart = (owner: string): string => digest(['owner', owner]).slice(0, 32);

/** The key of an upload. Characters of the filename that need encoding become `_`. */
export const uploadKey = (owner: string, id: string, filename: string): string =>
  `${UPLOADS}${ownerPart(owner)}/${id}-${filename.replaceAll(/[^A-Za-z0-9._-]+/g, '_').slice(-LONGEST_FILENAME)}`;

/** The key of a frame that is fetched for a job: the same however often the job is prepared. */
export const fetchedKey = (owner: string, jobId: string, field: string): string =>
  `${FETCHED}${ownerPart(owner)}/${jobId}-${field}`;

/** The object that an `s3://bucket/key` address names; undefined for any other text. */
export const locationOfS3Uri = (
  uri: string,
): { readonly bucket: string; readonly key: string } | undefined => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
};

/** The caller who names an object. */
export interface Requester {
  readonly owner: string;
  readonly isAdmin: boolean;
}

/** Who may use the objects whose keys name no owner: the owner of drops, and every caller where `sharedFrames` is set. */
export interface Sharing {
  readonly dropOwner: string;
  readonly sharedFrames: boolean;
}

/**
 * Whether a caller may use an object of our buckets. `hidden`: it belongs to another owner, and the answer is that of an object
 * that does not exist. `not-shared`: its key names no owner (the inbox, the rest of the frames bucket), and this stage does not
 * share such objects with callers of the API.
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
