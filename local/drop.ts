import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { dropJobId } from '../core/kernel/ids.ts';
import { LocalCloudError } from './local-cloud-error.ts';

export interface Drop {
  /** The job's id where the event names the version, as it does on AWS. */
  readonly likelyJobId: string;
  /** Part of the job's metadata, and so of its events. MiniStack's events name no version, so we find the job by this id. */
  readonly dropId: string;
  readonly bucket: string;
  readonly key: string;
  /** When the upload began. */
  readonly at: Date;
}

// S3's limit for all names and values together, and the size of our own `drop-id`.
const METADATA_LIMIT_BYTES = 2048;
const DROP_ID_BYTES = 43;

/**
 * Header-safe metadata: it percent-encodes what is not plain ASCII, and what would be taken for an encoding or trimmed on its
 * way. The upload function decodes it (`core/request/metadata-decoding.ts`).
 * @throws LocalCloudError when it is more than S3 takes
 */
export const encodeMetadata = (metadata: Readonly<Record<string, string>>): Record<string, string> => {
  const encoded = Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      name,
      /^[\x20-\x7e]*$/.test(value) && !/%|=\?|^ | $/.test(value) ? value : encodeURIComponent(value),
    ]),
  );
  const bytes = Object.entries(encoded).reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    DROP_ID in metadata ? 0 : DROP_ID_BYTES,
  );
  if (bytes > METADATA_LIMIT_BYTES) {
    throw new LocalCloudError(
      `The prompt is too long for a drop: with the other parameters it takes ${bytes} bytes as metadata, and S3 allows ${METADATA_LIMIT_BYTES} (a letter outside ASCII takes 6 or more). Shorten it.`,
    );
  }
  return encoded;
};

/** Name of the metadata that identifies a drop. */
export const DROP_ID = 'drop-id';

/** Uploads a picture into the inbox, under its own name. */
export const dropImage = async (
  s3: S3Client,
  bucket: string,
  image: string,
  metadata: Readonly<Record<string, string>>,
): Promise<Drop> => {
  const key = basename(image);
  const at = new Date();
  const dropId = randomUUID();
  const { VersionId } = await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      // Bytes, not a stream: their length is known, and the SDK may send them again.
      Body: await readFile(image),
      Metadata: encodeMetadata({ ...metadata, [DROP_ID]: dropId }),
    }),
  );
  if (VersionId === undefined) throw new LocalCloudError(`The bucket ${bucket} is not versioned.`);
  const likelyJobId = dropJobId({ bucket, key, versionId: VersionId, sequencer: '' });
  return { likelyJobId, dropId, bucket, key, at };
};
