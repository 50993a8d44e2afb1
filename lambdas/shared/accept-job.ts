import {
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Env } from '../../core/contract.ts';
import { requestHash } from '../../core/ids.ts';
import type { Job, JobRequest } from '../../core/job.ts';
import { type AcceptedJob, acceptJob } from '../../core/job-transitions.ts';
import { findModel } from '../../core/models.ts';
import {
  type CheckedParameters,
  checkParameters,
  type ObjectLocation,
  type ParameterProblem,
} from '../../core/parameters.ts';
import { priceMicros } from '../../core/pricing.ts';
import { now } from './clock.ts';
import { environment } from './environment.ts';
import { createJob, loadJob } from './job-store.ts';
import { logger } from './logger.ts';
import { providerSettings, settings } from './settings.ts';

// What a drop and an API call have in common on their way to a job.

let s3: S3Client | undefined;

/** What S3 says of an object; nothing for one that is gone. */
export const headObject = async ({
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

/**
 * A frame named by `s3://bucket/key` in one of our own buckets (or by a key of the inbox), pinned to the version that is
 * there now; or what is wrong with it.
 */
export const findFrame = async (field: string, name: string): Promise<ObjectLocation | ParameterProblem> => {
  const inbox = environment(Env.inboxBucket);
  const [, bucket = inbox, key = name] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(name) ?? [];
  const buckets = [inbox, environment(Env.frameBucket)];
  const value = name.slice(0, 100);
  const problem = (reason: string) => ({
    field,
    value,
    message: `${field} "${value}" cannot be used: ${reason}.`,
  });
  if (!buckets.includes(bucket)) return problem(`it must be in ${buckets.join(' or ')}`);
  const head = await headObject({ bucket, key });
  if (!head) return problem('there is no such object');
  return { bucket, key, ...(head.VersionId ? { versionId: head.VersionId } : {}) };
};

export interface Asked {
  readonly startFrame: ObjectLocation;
  readonly given: Parameters<typeof checkParameters>[0];
  readonly metadata: Readonly<Record<string, string>>;
  /** Tells a replay from another request; of the request itself where left out. */
  readonly hash?: string;
}

/** What to make, or what is wrong with what was asked. */
export const requestOf = async ({ startFrame, given, metadata, hash }: Asked): Promise<JobRequest> => {
  const checked = checkParameters(given, settings());
  const lastFrame =
    'lastFrame' in checked && checked.lastFrame ? await findFrame('lastFrame', checked.lastFrame) : undefined;
  const problems = [
    ...('problems' in checked ? checked.problems : []),
    ...(lastFrame && 'message' in lastFrame ? [lastFrame] : []),
  ];
  const asked = {
    startFrame,
    metadata: { ...metadata },
    ...(problems.length > 0 ? { problems } : {}),
    ...('parameters' in checked ? { parameters: checked.parameters } : {}),
    ...(lastFrame && 'bucket' in lastFrame ? { lastFrame } : {}),
  };
  return { ...asked, requestHash: hash ?? requestHash(asked) };
};

const priceOf = (
  parameters: Extract<CheckedParameters, { parameters: unknown }>['parameters'],
): number | undefined => {
  const model = findModel(providerSettings(parameters.provider).dialect, parameters.model);
  return model && priceMicros(model, parameters);
};

/** Writes the record of a new job, or finds the one that is there already. Whoever called starts it. */
export const recordJob = async (
  job: Pick<AcceptedJob, 'jobId' | 'owner' | 'actor' | 'source' | 'outputKey'>,
  request: JobRequest,
): Promise<{ job: Job; isNew: boolean }> => {
  const { parameters } = request;
  const price = parameters && priceOf(parameters);
  const change = acceptJob(
    {
      ...job,
      ...(parameters ? { provider: parameters.provider, model: parameters.model } : {}),
      ...(price === undefined ? {} : { priceMicros: price }),
    },
    now(),
  );
  const isNew = await createJob(change, request);
  const recorded = isNew ? { state: change.state, request } : await loadJob(job.jobId);
  logger.info(isNew ? 'job accepted' : 'job known already', {
    jobId: job.jobId,
    status: recorded.state.status,
  });
  return { job: recorded, isNew };
};
