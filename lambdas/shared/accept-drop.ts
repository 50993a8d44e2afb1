import {
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Env } from '../../core/contract.ts';
import { dropJobId, dropOutputKey, requestHash } from '../../core/ids.ts';
import { acceptJob, type JobRequest } from '../../core/job.ts';
import { decodeMetadataText } from '../../core/metadata-text.ts';
import { findModel } from '../../core/models.ts';
import {
  type CheckedParameters,
  checkParameters,
  type ObjectLocation,
  type ParameterProblem,
  sortMetadata,
} from '../../core/parameters.ts';
import { priceMicros } from '../../core/pricing.ts';
import { now } from './clock.ts';
import { environment } from './environment.ts';
import { createJob, loadJob } from './job-store.ts';
import { startRun } from './job-workflow.ts';
import { logger } from './logger.ts';
import { providerSettings, settings } from './settings.ts';

export interface DroppedObject extends ObjectLocation {
  /** Without the quotation marks that S3's own answers put around it. */
  readonly etag: string;
  readonly sequencer: string;
  readonly requester?: string;
}

let s3: S3Client | undefined;

/**
 * A further frame named in the metadata: `s3://bucket/key` in one of our own buckets, or a key of the inbox. Pinned to the
 * version that is there now.
 */
const findFrame = async (name: string, inbox: string): Promise<ObjectLocation | ParameterProblem> => {
  const [, bucket = inbox, key = name] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(name) ?? [];
  const buckets = [environment(Env.inboxBucket), environment(Env.frameBucket)];
  const value = name.slice(0, 100);
  if (!buckets.includes(bucket))
    return {
      field: 'lastFrame',
      value,
      message: `lastFrame "${value}" cannot be used: it must be in ${buckets.join(' or ')}.`,
    };
  const head = await headObject({ bucket, key });
  if (!head)
    return {
      field: 'lastFrame',
      value,
      message: `lastFrame "${value}" cannot be used: there is no such object.`,
    };
  return { bucket, key, ...(head.VersionId ? { versionId: head.VersionId } : {}) };
};

/** What S3 says of an object; nothing for one that is gone. */
const headObject = async ({
  bucket,
  key,
  versionId,
}: ObjectLocation): Promise<HeadObjectCommandOutput | undefined> => {
  s3 ??= new S3Client({});
  try {
    return await s3.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key, ...(versionId ? { VersionId: versionId } : {}) }),
    );
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw error;
  }
};

const decodeMetadata = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, decodeMetadataText(value)]));

/** What to make, or what is wrong with what was asked. */
const requestOf = async (
  source: ObjectLocation,
  userMetadata: Readonly<Record<string, string>>,
): Promise<{ request: JobRequest; price: number | undefined }> => {
  const { given, metadata } = sortMetadata(decodeMetadata(userMetadata));
  const checked = checkParameters(given, settings());
  const lastFrame =
    'lastFrame' in checked && checked.lastFrame
      ? await findFrame(checked.lastFrame, source.bucket)
      : undefined;
  const problems = [
    ...('problems' in checked ? checked.problems : []),
    ...(lastFrame && 'message' in lastFrame ? [lastFrame] : []),
  ];
  const asked = {
    startFrame: source,
    metadata,
    ...(problems.length > 0 ? { problems } : {}),
    ...('parameters' in checked ? { parameters: checked.parameters } : {}),
    ...(lastFrame && 'bucket' in lastFrame ? { lastFrame } : {}),
  };
  return { request: { ...asked, requestHash: requestHash(asked) }, price: priceOf(checked) };
};

const priceOf = (checked: CheckedParameters): number | undefined => {
  if (!('parameters' in checked)) return undefined;
  const { provider, model: id } = checked.parameters;
  const model = findModel(providerSettings(provider).dialect, id);
  return model && priceMicros(model, checked.parameters);
};

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
  const { request, price } = await requestOf(source, head?.Metadata ?? {});
  const change = acceptJob(
    {
      jobId,
      owner: settings().dropOwner,
      actor: object.requester ? `s3:${object.requester}` : 's3',
      source,
      outputKey: dropOutputKey(object.key, jobId),
      ...(request.parameters
        ? { provider: request.parameters.provider, model: request.parameters.model }
        : {}),
      ...(price === undefined ? {} : { priceMicros: price }),
    },
    now(),
  );
  const isNew = await createJob(change, request);
  const { state } = isNew ? change : await loadJob(jobId);
  logger.info(isNew ? 'job accepted' : 'job known already', { jobId, status: state.status });
  if (state.status === 'accepted') await startRun(state);
};
