import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CliError } from './errors.ts';
import type { AwsAccess } from './target.ts';

/** One version of an object, or the marker that hides it. */
interface Version {
  readonly Key: string;
  readonly VersionId?: string;
  readonly Size: number;
}

export const s3Client = (aws: AwsAccess): S3Client =>
  new S3Client({ ...aws, ...(aws.endpoint === undefined ? {} : { forcePathStyle: true }) });

const isGone = (error: unknown): boolean => error instanceof Error && error.name === 'NoSuchBucket';

/** Pages of at most 1,000 versions and delete markers: as many as S3 deletes at once. A missing bucket has none. */
async function* versionPages(s3: S3Client, Bucket: string): AsyncGenerator<readonly Version[]> {
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (marker) {
    const page: Awaited<ReturnType<typeof listVersions>> = await listVersions(s3, Bucket, marker);
    if (!page) return;
    yield [...(page.Versions ?? []), ...(page.DeleteMarkers ?? []).map((one) => ({ ...one, Size: 0 }))].map(
      ({ Key = '', VersionId, Size = 0 }) => ({
        Key,
        Size,
        ...(VersionId === undefined ? {} : { VersionId }),
      }),
    );
    marker = page.IsTruncated
      ? {
          ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
          ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
        }
      : undefined;
  }
}

const listVersions = async (
  s3: S3Client,
  Bucket: string,
  marker: { KeyMarker?: string; VersionIdMarker?: string },
) => {
  try {
    return await s3.send(new ListObjectVersionsCommand({ Bucket, ...marker }));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
};

export interface BucketContent {
  readonly versions: number;
  readonly bytes: number;
}

/** Versions and delete markers of a bucket, and their bytes. Needs s3:ListBucketVersions. */
export const measureBucket = async (s3: S3Client, bucket: string): Promise<BucketContent> => {
  let [versions, bytes] = [0, 0];
  for await (const page of versionPages(s3, bucket)) {
    versions += page.length;
    bytes += page.reduce((sum, { Size }) => sum + Size, 0);
  }
  return { versions, bytes };
};

/**
 * Deletes every version, delete marker and unfinished upload of a bucket. Begun again it goes on with the rest. Needs
 * s3:ListBucketVersions, s3:DeleteObjectVersion, s3:ListBucketMultipartUploads and s3:AbortMultipartUpload.
 */
export const emptyBucket = async (
  s3: S3Client,
  bucket: string,
  signal: AbortSignal,
  onProgress: (deleted: number) => void,
): Promise<void> => {
  let deleted = 0;
  for await (const page of versionPages(s3, bucket)) {
    signal.throwIfAborted();
    if (page.length === 0) continue;
    const Objects = page.map(({ Key, VersionId }) => ({
      Key,
      ...(VersionId === undefined ? {} : { VersionId }),
    }));
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first)
      throw new CliError(
        `${Errors.length} objects of ${bucket} cannot be deleted, such as ${first.Key}: ${first.Code}. Solve that, and run the same command again.`,
      );
    deleted += page.length;
    onProgress(deleted);
  }
  await abortUploads(s3, bucket);
};

const abortUploads = async (s3: S3Client, Bucket: string): Promise<void> => {
  try {
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    for (const { Key, UploadId } of Uploads)
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
};

/** Deletes an empty bucket. One that is gone is fine. */
export const deleteBucket = async (s3: S3Client, Bucket: string): Promise<void> => {
  try {
    await s3.send(new DeleteBucketCommand({ Bucket }));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
};
