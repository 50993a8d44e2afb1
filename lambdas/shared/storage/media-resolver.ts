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
import { canReference, fetchedKey, locationOfS3Uri } from '../../../core/request/media-reference.ts';
import { type ParameterProblem, problem } from '../../../core/request/parameters.ts';
import {
  type FrameReference,
  type ObjectReference,
  shownMedia,
  type VideoReference,
} from '../../../core/request/requested-media.ts';
import type { RequestedMedia } from '../../../core/request/validate-parameters.ts';
import { environment } from '../platform/environment.ts';
import { frameAddresses, settings } from '../platform/settings.ts';
import { findJob } from '../table/load-job.ts';

let s3: S3Client | undefined;

/** The metadata of an object; undefined for one that does not exist. */
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

/** The owner and the job that name media. The provider counts for an earlier job's video: only the one that made it continues it. */
export interface MediaRequester {
  readonly owner: string;
  readonly jobId: string;
  readonly provider: string;
}

interface FoundObject {
  readonly location: ObjectLocation;
  readonly head: HeadObjectCommandOutput;
}

interface FoundFrame {
  readonly location: ObjectLocation;
  readonly fetch?: FrameFetch;
}

/** The object, pinned to its present version, if it is in one of our own buckets and this owner may use it; else why not. */
const findObject = async (
  field: string,
  object: ObjectReference,
  owner: string,
): Promise<FoundObject | ParameterProblem> => {
  const inbox = environment(Env.inboxBucket);
  const frames = environment(Env.frameBucket);
  const refuse = (allowed: string) => problem(field, shownMedia(object), allowed);
  const location = locationOf(object, inbox, frames);
  if (!location) return refuse('say s3://bucket/key');
  const { bucket, key } = location;
  if (bucket !== inbox && bucket !== frames) return refuse(`it must be in ${inbox} or ${frames}`);
  const { admins, dropOwner, sharedFrames } = settings();
  const requester = { owner, isAdmin: admins.includes(owner) };
  const bucketIs = bucket === inbox ? 'inbox' : 'frames';
  const permission = canReference({ key, bucketIs }, requester, { dropOwner, sharedFrames });
  if (permission === 'not-shared')
    return refuse('this stage does not share what others put there; upload the frame (POST /uploads)');
  const head = permission === 'yes' && isObjectKey(key) ? await headObject(location) : undefined;
  if (!head) return refuse('there is no such object');
  return {
    location: { bucket, key, ...(head.VersionId ? { versionId: head.VersionId } : {}) },
    head,
  };
};

const locationOf = (object: ObjectReference, inbox: string, frames: string): ObjectLocation | undefined => {
  if ('key' in object) return { bucket: frames, key: object.key };
  return 'inboxKey' in object ? { bucket: inbox, key: object.inboxKey } : locationOfS3Uri(object.s3Uri);
};

/** A frame of our own buckets, or an address that is fetched when the job is prepared. */
const findFrame = async (
  field: string,
  frame: FrameReference,
  requester: MediaRequester,
  index?: number,
): Promise<FoundFrame | ParameterProblem> => {
  if ('url' in frame)
    return frameToFetch(index === undefined ? field : `${field}-${index + 1}`, field, frame.url, requester);
  const found = await findObject(field, frame, requester.owner);
  if ('message' in found) return found;
  const { maxFrameBytes } = settings();
  const { ContentLength = 0 } = found.head;
  return ContentLength > maxFrameBytes
    ? problem(field, shownMedia(frame), `it has ${ContentLength} bytes; a frame may have ${maxFrameBytes}`)
    : { location: found.location };
};

/** @param place what tells the frame from the others of its job */
const frameToFetch = (
  place: string,
  field: string,
  url: string,
  { owner, jobId }: MediaRequester,
): FoundFrame | ParameterProblem => {
  const refusal = refusalOf(url);
  if (refusal !== undefined) return problem(field, url, refusal);
  const location = { bucket: environment(Env.frameBucket), key: fetchedKey(owner, jobId, place) };
  return { location, fetch: { location, url } };
};

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

/** Every named frame and video, found; or what is wrong with them. */
export const findMedia = async (
  {
    frame,
    lastFrame,
    referenceFrames = [],
    video,
  }: RequestedMedia & { readonly frame?: FrameReference | undefined },
  requester: MediaRequester,
): Promise<{ readonly media: FoundMedia; readonly problems: readonly ParameterProblem[] }> => {
  const [first, last, references, source] = await Promise.all([
    frame && findFrame('frame', frame, requester),
    lastFrame && findFrame('lastFrame', lastFrame, requester),
    Promise.all(referenceFrames.map((one, index) => findFrame('referenceFrames', one, requester, index))),
    video && findVideo(video, requester),
  ]);
  const foundReferences = references.filter((one) => 'location' in one);
  const found = [first, last, ...foundReferences].filter((one) => one !== undefined && 'location' in one);
  const fetches = found.flatMap(({ fetch }) => fetch ?? []);
  return {
    media: {
      ...(first && 'location' in first ? { startFrame: first.location } : {}),
      ...(last && 'location' in last ? { lastFrame: last.location } : {}),
      ...(references.length > 0 ? { referenceFrames: foundReferences.map(({ location }) => location) } : {}),
      ...(source && !('message' in source) ? { video: source } : {}),
      ...(fetches.length > 0 ? { fetches } : {}),
    },
    problems: [first, last, ...references, source].filter((one) => one !== undefined && 'message' in one),
  };
};

const findVideo = async (
  video: VideoReference,
  requester: MediaRequester,
): Promise<VideoSource | ParameterProblem> => {
  if ('jobId' in video) return findVideoOfJob(video.jobId, requester);
  if ('uri' in video) return URL.canParse(video.uri) ? video : problem('video', video.uri, 'it is not a URL');
  const found = await findObject('video', video, requester.owner);
  return 'location' in found ? found.location : found;
};

const findVideoOfJob = async (
  jobId: string,
  { owner, provider }: MediaRequester,
): Promise<VideoSource | ParameterProblem> => {
  const refuse = (allowed: string, closest?: string) => problem('video', jobId, allowed, closest);
  const job = await findJob(jobId);
  // A caller learns no more of another owner's job than of one that does not exist.
  if (job?.state.owner !== owner) return refuse('there is no such job');
  const { status, provider: madeBy } = job.state;
  if (status !== 'succeeded') return refuse(`its job is ${status}; only a finished one can be continued`);
  if (madeBy !== provider)
    return refuse(`provider ${madeBy} made it, and only that one can continue it`, `provider ${madeBy}`);
  return { jobId };
};
