import {
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { NamedMedia } from '../../core/check-parameters.ts';
import { Env } from '../../core/contract.ts';
import type { JobRequest, VideoSource } from '../../core/job.ts';
import { type ObjectLocation, type ParameterProblem, problem } from '../../core/parameters.ts';
import { environment } from './environment.ts';
import { findJob } from './job-store.ts';

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
 * An object named by `s3://bucket/key` in one of our own buckets (or by a key of the inbox), pinned to the version that is
 * there now; or what is wrong with it.
 */
export const findObject = async (field: string, name: string): Promise<ObjectLocation | ParameterProblem> => {
  const inbox = environment(Env.inboxBucket);
  const [, bucket = inbox, key = name] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(name) ?? [];
  const buckets = [inbox, environment(Env.frameBucket)];
  if (!buckets.includes(bucket)) return problem(field, name, `it must be in ${buckets.join(' or ')}`);
  const head = isKey(key) ? await headObject({ bucket, key }) : undefined;
  if (!head) return problem(field, name, 'there is no such object');
  return { bucket, key, ...(head.VersionId ? { versionId: head.VersionId } : {}) };
};

/** S3 answers 400, not 404, to a name that no key can have: more than 1,024 bytes, or above the bucket. */
const isKey = (name: string): boolean => Buffer.byteLength(name) <= 1024 && !/^\.\.(\/|$)/.test(name);

/** Who asks, and of which provider: an earlier job's video is the same owner's, and at the same provider. */
export interface Asker {
  readonly owner: string;
  readonly provider: string;
}

type FoundMedia = Pick<JobRequest, 'lastFrame' | 'referenceFrames' | 'video'>;

/** Everything that was named beside the start frame, found; or what is wrong with it. */
export const findMedia = async (
  { lastFrame, referenceFrames = [], video }: NamedMedia,
  asker: Asker,
): Promise<{ readonly media: FoundMedia; readonly problems: readonly ParameterProblem[] }> => {
  const last = lastFrame === undefined ? undefined : await findObject('lastFrame', lastFrame);
  const references = await Promise.all(referenceFrames.map((name) => findObject('referenceFrames', name)));
  const source = video === undefined ? undefined : await findVideo(video, asker);
  return {
    media: {
      ...(last && 'bucket' in last ? { lastFrame: last } : {}),
      ...(references.length > 0 ? { referenceFrames: references.filter((one) => 'bucket' in one) } : {}),
      ...(source && !('message' in source) ? { video: source } : {}),
    },
    problems: [last, ...references, source].filter((one) => one !== undefined && 'message' in one),
  };
};

const findVideo = async (name: string, asker: Asker): Promise<VideoSource | ParameterProblem> => {
  const [, jobId] = /^job:(.+)$/s.exec(name) ?? [];
  if (jobId !== undefined) return findVideoOfJob(jobId, asker);
  if (/^(https|gs):\/\//i.test(name))
    return URL.canParse(name) ? { uri: name } : problem('video', name, 'it is no address');
  // Anything else with a scheme would be taken for a key of the inbox.
  if (/^(?!s3:)[a-z][a-z0-9+.-]*:\/\//i.test(name))
    return problem('video', name, 'say s3://bucket/key, an https or gs address, or job:ID of an earlier job');
  return findObject('video', name);
};

const findVideoOfJob = async (jobId: string, asker: Asker): Promise<VideoSource | ParameterProblem> => {
  const job = await findJob(jobId);
  // Of somebody else's job one learns no more than of one that is not there.
  if (job?.state.owner !== asker.owner) return problem('video', `job:${jobId}`, 'there is no such job');
  if (job.state.status !== 'succeeded')
    return problem(
      'video',
      `job:${jobId}`,
      `its job is ${job.state.status}; only a finished one can be continued`,
    );
  if (job.state.provider !== asker.provider)
    return problem(
      'video',
      `job:${jobId}`,
      `provider ${job.state.provider} made it, and only that one can continue it`,
      `provider ${job.state.provider}`,
    );
  return { jobId };
};
