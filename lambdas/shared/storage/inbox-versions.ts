import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import type { ListCursor } from '../../../core/jobs/inbox-sweep.ts';
import type { ListedVersion } from '../../../core/jobs/missed-drops.ts';

let s3: S3Client | undefined;

/** At most a thousand versions of a bucket's objects, in the order of their keys; and where the list goes on. Delete markers are none. */
export const listVersions = async (
  bucket: string,
  cursor: ListCursor | undefined,
): Promise<{ readonly versions: readonly ListedVersion[]; readonly next: ListCursor | undefined }> => {
  s3 ??= new S3Client({});
  const page = await s3.send(
    new ListObjectVersionsCommand({
      Bucket: bucket,
      ...(cursor ? { KeyMarker: cursor.key, VersionIdMarker: cursor.versionId } : {}),
    }),
  );
  const versions = (page.Versions ?? []).map(
    ({ Key = '', VersionId = '', Size = 0, IsLatest = false, LastModified = new Date(0) }) => ({
      key: Key,
      versionId: VersionId,
      bytes: Size,
      isLatest: IsLatest,
      writtenAt: LastModified,
    }),
  );
  const { IsTruncated: isTruncated, NextKeyMarker: key, NextVersionIdMarker: versionId } = page;
  return { versions, next: isTruncated && key && versionId ? { key, versionId } : undefined };
};
