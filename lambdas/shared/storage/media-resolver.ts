import {
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { FrameFetch, JobRequest, VideoSource } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { AddressRefused } from '../../../core/kernel/errors.ts';
import { isObjectKey } from '../../../core/kernel/ids.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import { checkUrl } from '../../../core/providers/address-policy.ts';
import { canReference, fetchedKey } from '../../../core/request/media-reference.ts';
import { type ParameterProblem, problem } from '../../../core/request/parameters.ts';
import type { NamedMedia } from '../../../core/request/validate-parameters.ts';
import { environment } from '../platform/environment.ts';
import { frameAddresses, settings } from '../platform/settings.ts';
import { findJob } from '../table/load-job.ts';

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

/** Who asks, for which job, and of which provider: an earlier job's video is the same owner's, and at the same provider. */
export interface Requester {
  readonly owner: string;
  readonly jobId: string;
  readonly provider: string;
}

interface FoundObject {
  readonly location: ObjectLocation;
  readonly head: HeadObjectCommandOutput;
}

/**
 * An object named by `s3://bucket/key` in one of our own buckets, by `upload:KEY`, or by a key of the inbox, that this owner may use,
 * pinned to the version that is there now; or what is wrong with it.
 */
export const findObject = async (
  field: string,
  name: string,
  owner: string,
): Promise<FoundObject | ParameterProblem> => {
  const inbox = environment(Env.inboxBucket);
  const frames = environment(Env.frameBucket);
  const location = locationOf(name, inbox, frames);
  const { bucket, key } = location;
  if (bucket !== inbox && bucket !== frames)
    return problem(field, name, `it must be in ${inbox} or ${frames}`);
  const { admins, dropOwner, sharedFrames } = settings();
  const namer = { owner, isAdmin: admins.includes(owner) };
  const bucketIs = bucket === inbox ? 'inbox' : 'frames';
  const may = canReference({ key, bucketIs }, namer, { dropOwner, sharedFrames });
  if (may === 'not-shared')
    return problem(
      field,
      name,
      'this stage does not share what was dropped; upload the frame (POST /uploads)',
    );
  const head = may === 'yes' && isObjectKey(key) ? await headObject(location) : undefined;
  if (!head) return problem(field, name, 'there is no such object');
  return {
    location: { bucket, key, ...(head.VersionId ? { versionId: head.VersionId } : {}) },
    head,
  };
};

const locationOf = (name: string, inbox: string, frames: string): ObjectLocation => {
  const [, upload] = /^upload:(.+)$/s.exec(name) ?? [];
  if (upload !== undefined) return { bucket: frames, key: upload };
  const [, bucket = inbox, key = name] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(name) ?? [];
  return { bucket, key };
};

/** A frame that is ours, or one of the web that is to be fetched before anything is ordered. */
const findFrame = async (
  field: string,
  name: string,
  { owner, jobId }: Requester,
  index?: number,
): Promise<FoundFrame | ParameterProblem> => {
  if (!/^https?:\/\//i.test(name)) {
    const found = await findObject(field, name, owner);
    if ('message' in found) return found;
    const { maxFrameBytes } = settings();
    const { ContentLength = 0 } = found.head;
    return ContentLength > maxFrameBytes
      ? problem(field, name, `it has ${ContentLength} bytes; at most ${maxFrameBytes} are taken`)
      : { location: found.location };
  }
  const refusal = refusalOf(name);
  if (refusal !== undefined) return problem(field, name, refusal);
  const location = {
    bucket: environment(Env.frameBucket),
    key: fetchedKey(owner, jobId, index === undefined ? field : `${field}-${index + 1}`),
  };
  return { location, fetch: { location, url: name } };
};

interface FoundFrame {
  readonly location: ObjectLocation;
  readonly fetch?: FrameFetch;
}

const refusalOf = (url: string): string | undefined => {
  try {
    checkUrl(url, frameAddresses());
    return undefined;
  } catch (error) {
    if (error instanceof AddressRefused) return error.message;
    throw error;
  }
};

type FoundMedia = Pick<JobRequest, 'startFrame' | 'lastFrame' | 'referenceFrames' | 'video' | 'fetches'>;

/** Everything that was named, found; or what is wrong with it. */
export const findMedia = async (
  { frame, lastFrame, referenceFrames = [], video }: NamedMedia & { readonly frame?: string | undefined },
  asker: Requester,
): Promise<{ readonly media: FoundMedia; readonly problems: readonly ParameterProblem[] }> => {
  const [first, last, references, source] = await Promise.all([
    frame === undefined ? undefined : findFrame('frame', frame, asker),
    lastFrame === undefined ? undefined : findFrame('lastFrame', lastFrame, asker),
    Promise.all(referenceFrames.map((name, index) => findFrame('referenceFrames', name, asker, index))),
    video === undefined ? undefined : findVideo(video, asker),
  ]);
  const named = references.filter((one) => 'location' in one);
  const found = [first, last, ...named].filter((one) => one !== undefined && 'location' in one);
  const fetches = found.flatMap(({ fetch }) => fetch ?? []);
  return {
    media: {
      ...(first && 'location' in first ? { startFrame: first.location } : {}),
      ...(last && 'location' in last ? { lastFrame: last.location } : {}),
      ...(references.length > 0 ? { referenceFrames: named.map(({ location }) => location) } : {}),
      ...(source && !('message' in source) ? { video: source } : {}),
      ...(fetches.length > 0 ? { fetches } : {}),
    },
    problems: [first, last, ...references, source].filter((one) => one !== undefined && 'message' in one),
  };
};

const findVideo = async (name: string, asker: Requester): Promise<VideoSource | ParameterProblem> => {
  const [, jobId] = /^job:(.+)$/s.exec(name) ?? [];
  if (jobId !== undefined) return findVideoOfJob(jobId, asker);
  if (/^(https|gs):\/\//i.test(name))
    return URL.canParse(name) ? { uri: name } : problem('video', name, 'it is no address');
  // Anything else with a scheme would be taken for a key of the inbox.
  if (/^(?!s3:)[a-z][a-z0-9+.-]*:\/\//i.test(name))
    return problem('video', name, 'say s3://bucket/key, an https or gs address, or job:ID of an earlier job');
  const found = await findObject('video', name, asker.owner);
  return 'location' in found ? found.location : found;
};

const findVideoOfJob = async (jobId: string, asker: Requester): Promise<VideoSource | ParameterProblem> => {
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
