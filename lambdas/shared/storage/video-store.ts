import { PassThrough, Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { JOB_ID_METADATA } from '../../../core/jobs/manifest.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import { uploadChunks } from './upload-chunks.ts';

let client: S3Client | undefined;
const s3 = (): S3Client => {
  client ??= new S3Client({});
  return client;
};

// S3 takes at most 5 GB in one PUT.
const MAX_SINGLE_PUT_BYTES = 5 * 1000 ** 3;

/** The job's stored video under this key, if there is one: the run after one that was cut off does not download again. */
export const findVideo = async (
  bucket: string,
  key: string,
  jobId: string,
): Promise<ObjectLocation | undefined> => {
  try {
    const head = await s3().send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    if (head.Metadata?.[JOB_ID_METADATA] !== jobId) return undefined;
    return { bucket, key, ...(head.VersionId ? { versionId: head.VersionId } : {}) };
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw error;
  }
};

export const readVideo = async ({ bucket, key, versionId }: ObjectLocation): Promise<Readable> => {
  const { Body } = await s3().send(
    new GetObjectCommand({ Bucket: bucket, Key: key, ...(versionId ? { VersionId: versionId } : {}) }),
  );
  if (!(Body instanceof Readable)) throw new Error(`The stored video ${key} has no body.`);
  return Body;
};

export interface NewVideo {
  readonly bucket: string;
  readonly key: string;
  readonly jobId: string;
  /** The length that was declared; without it the video goes up in parts. */
  readonly contentLength?: number;
}

/**
 * Streams a video into its final key. The key appears with the last byte or not at all: when `bytes` fails, the PUT is
 * aborted and the error of `bytes` is thrown.
 */
export const putVideo = async (
  video: NewVideo,
  bytes: AsyncIterable<Uint8Array>,
): Promise<ObjectLocation> => {
  const { bucket, key, jobId, contentLength } = video;
  // A body that fails kills the process or hangs the SDK; so the SDK gets a stream that never fails, and a signal.
  const body = new PassThrough();
  const abort = new AbortController();
  let failure: unknown;
  const source = Readable.from(uploadChunks(bytes));
  source.once('error', (error) => {
    failure = error;
    abort.abort();
  });
  source.pipe(body);
  const target = {
    Bucket: bucket,
    Key: key,
    Body: body,
    ContentType: 'video/mp4',
    Metadata: { [JOB_ID_METADATA]: jobId },
  };
  try {
    const { VersionId } =
      contentLength !== undefined && contentLength <= MAX_SINGLE_PUT_BYTES
        ? await s3().send(new PutObjectCommand({ ...target, ContentLength: contentLength }), {
            abortSignal: abort.signal,
          })
        : await putInParts(target, abort);
    return { bucket, key, ...(VersionId ? { versionId: VersionId } : {}) };
  } catch (error) {
    throw failure ?? error;
  } finally {
    source.destroy();
    body.destroy();
  }
};

const putInParts = (target: ConstructorParameters<typeof Upload>[0]['params'], abort: AbortController) =>
  new Upload({
    client: s3(),
    params: target,
    abortController: abort,
    partSize: 8 * 1024 ** 2,
    queueSize: 2,
    leavePartsOnError: false,
  }).done();

export const putManifest = async (
  { bucket, key, jobId }: Pick<NewVideo, 'bucket' | 'key' | 'jobId'>,
  manifest: unknown,
): Promise<void> => {
  await s3().send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: JSON.stringify(manifest, null, 2),
      ContentType: 'application/json',
      Metadata: { [JOB_ID_METADATA]: jobId },
    }),
  );
};
