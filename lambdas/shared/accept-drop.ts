import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { dropJobId, dropOutputKey } from '../../core/ids.ts';
import { decodeMetadataText } from '../../core/metadata-text.ts';
import { type ObjectLocation, sortMetadata } from '../../core/parameters.ts';
import { recordJob, requestOf } from './accept-job.ts';
import { headObject } from './find-media.ts';
import { startRun } from './job-workflow.ts';
import { settings } from './settings.ts';

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
    owner,
    startFrame: source,
    ...sortMetadata(decodeMetadata(head?.Metadata ?? {})),
  });
  const { job } = await recordJob(
    {
      jobId,
      owner,
      actor: object.requester ? `s3:${object.requester}` : 's3',
      source,
      outputKey: dropOutputKey(object.key, jobId),
    },
    request,
  );
  if (job.state.status === 'accepted') await startRun(job.state);
};
