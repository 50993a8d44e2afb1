import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Job } from '../../../core/jobs/job.ts';
import { dropJobId, dropOutputKey } from '../../../core/kernel/ids.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import { decodeMetadataText } from '../../../core/request/metadata-decoding.ts';
import { splitMetadata } from '../../../core/request/parameters.ts';
import { startRun } from '../messaging/executions.ts';
import { logger } from '../platform/logger.ts';
import { settings } from '../platform/settings.ts';
import { headObject } from '../storage/media-resolver.ts';
import { JobDeleted } from '../table/job-errors.ts';
import { recordJob, requestOf } from './create-job.ts';

export interface DroppedObject extends ObjectLocation {
  /** Without the quotation marks that S3's own answers put around it. */
  readonly etag: string;
  readonly sequencer: string;
  readonly requester?: string;
}

const decodeMetadata = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, decodeMetadataText(value)]));

/** The version that the event was about; where it names none, the one that is there, if it still is the same content. */
const pinned = (
  { bucket, key, versionId, etag }: DroppedObject,
  head: HeadObjectCommandOutput | undefined,
): ObjectLocation => {
  const version = versionId ?? (head?.ETag === `"${etag}"` ? head.VersionId : undefined);
  return { bucket, key, ...(version ? { versionId: version } : {}) };
};

/** The job of this drop; nothing where it was deleted, and an event of long ago comes again. */
const record = async (...accepted: Parameters<typeof recordJob>): Promise<Job | undefined> => {
  try {
    return (await recordJob(...accepted)).job;
  } catch (error) {
    if (!(error instanceof JobDeleted)) throw error;
    logger.warn('the job of this drop was deleted; no other one is made', { jobId: accepted[0].jobId });
    return undefined;
  }
};

/**
 * Makes a dropped object a job: the record first, then its execution. The same event twice finds the job there, and starts
 * it only if it was never started.
 */
export const acceptDrop = async (object: DroppedObject): Promise<void> => {
  const jobId = dropJobId(object);
  // An object that is gone has no metadata; PrepareJob will say that it is gone.
  const head = await headObject(object);
  const source = pinned(object, head);
  const owner = settings().dropOwner;
  const request = await requestOf({
    jobId,
    owner,
    startFrame: source,
    ...splitMetadata(decodeMetadata(head?.Metadata ?? {})),
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
