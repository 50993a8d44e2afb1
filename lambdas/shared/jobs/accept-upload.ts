import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Job } from '../../../core/jobs/job.ts';
import { dropJobId, dropOutputKey } from '../../../core/kernel/ids.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import { readDropMetadata } from '../../../core/request/drop-metadata.ts';
import { decodeMetadataText } from '../../../core/request/metadata-decoding.ts';
import { startRun } from '../messaging/executions.ts';
import { logger } from '../platform/logger.ts';
import { settings } from '../platform/settings.ts';
import { headObject } from '../storage/media-resolver.ts';
import { JobDeleted } from '../table/job-errors.ts';
import { recordJob, requestOf } from './create-job.ts';

export interface DroppedObject extends ObjectLocation {
  /** Without the quotation marks that S3 puts around it in answers. */
  readonly etag: string;
  readonly sequencer: string;
  readonly requester?: string;
}

const decodeMetadata = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, decodeMetadataText(value)]));

/** The version that the event names; where it names none, the present one, if its content is still the same. */
const pinned = (
  { bucket, key, versionId, etag }: DroppedObject,
  head: HeadObjectCommandOutput | undefined,
): ObjectLocation => {
  const version = versionId ?? (head?.ETag === `"${etag}"` ? head.VersionId : undefined);
  return { bucket, key, ...(version ? { versionId: version } : {}) };
};

/** The job of this drop; nothing where the job was deleted and its old event comes again. */
const record = async (...accepted: Parameters<typeof recordJob>): Promise<Job | undefined> => {
  try {
    return (await recordJob(...accepted)).job;
  } catch (error) {
    if (!(error instanceof JobDeleted)) throw error;
    logger.warn('the job of this drop was deleted; it is not made again', { jobId: accepted[0].jobId });
    return undefined;
  }
};

/**
 * Makes a job of a dropped object: the record first, then its execution. The second time the same event finds the job, and
 * starts it only if it never started.
 */
export const acceptDrop = async (object: DroppedObject): Promise<void> => {
  const jobId = dropJobId(object);
  // A deleted object has no metadata; PrepareJob reports that it is gone.
  const head = await headObject(object);
  const source = pinned(object, head);
  const owner = settings().dropOwner;
  const request = await requestOf({
    jobId,
    owner,
    startFrame: source,
    ...readDropMetadata(decodeMetadata(head?.Metadata ?? {})),
  });
  const job = await record(
    {
      jobId,
      owner,
      actor: object.requester ? `s3:${object.requester}` : 's3',
      source,
      outputKey: dropOutputKey(object.key, jobId),
    },
    request,
  );
  if (job?.state.status === 'accepted') await startRun(job.state);
};
