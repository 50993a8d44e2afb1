import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { JOB_ID_METADATA } from '../../../core/jobs/manifest.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import { headObject } from './media-resolver.ts';

let client: S3Client | undefined;
const s3 = (): S3Client => {
  client ??= new S3Client({});
  return client;
};

/**
 * An address that opens this one version of a file, also in parts (Range). It expires after these seconds, or with the credentials
 * of the function that signed it, whichever is first. Their rest of life is unknown, so the address is for opening at once.
 */
export const signVideo = async (
  { bucket, key, versionId }: ObjectLocation,
  seconds: number,
): Promise<string> => {
  // Not needed by any other request of the API.
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ...(versionId ? { VersionId: versionId } : {}),
  });
  return getSignedUrl(s3(), command, { expiresIn: seconds });
};

export interface JobFile {
  readonly bucket: string;
  readonly key: string;
  readonly jobId: string;
  /** When the job was accepted: older versions are not its own. */
  readonly since: string;
}

// S3's times are whole seconds, and its clock is not ours.
const CLOCK_MS = 60_000;

/** Deletes every version of a file that a job wrote, for good; those of other jobs stay. Answers how many. */
export const removeVersions = async ({ bucket, key, jobId, since }: JobFile): Promise<number> => {
  let count = 0;
  for (const versionId of await versionsOf(bucket, key, Date.parse(since) - CLOCK_MS)) {
    const head = await headObject({ bucket, key, versionId });
    if (head?.Metadata?.[JOB_ID_METADATA] !== jobId) continue;
    await s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    count += 1;
  }
  return count;
};

/** The versions of one key that were written since. */
const versionsOf = async (bucket: string, key: string, sinceMs: number): Promise<string[]> => {
  const found: string[] = [];
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3().send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, MaxKeys: 100, ...marker }),
    );
    for (const { Key, VersionId, LastModified } of page.Versions ?? []) {
      // Keys that only begin with it sort behind it.
      if (Key !== key) return found;
      if (VersionId !== undefined && (LastModified?.getTime() ?? sinceMs) >= sinceMs) found.push(VersionId);
    }
    if (!page.IsTruncated) return found;
    marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
};
