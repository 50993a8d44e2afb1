import { ADDRESS_SECONDS, fileRoutes } from '../../core/api/file-routes.ts';
import { type Tombstone, tombstoneOf } from '../../core/jobs/deletion.ts';
import { isEnded, type Job } from '../../core/jobs/job.ts';
import type { ObjectLocation } from '../../core/kernel/object-location.ts';
import { plusSeconds } from '../../core/kernel/time.ts';
import { clear, findTombstone, writeTombstone } from '../shared/jobs/delete-job.ts';
import { now } from '../shared/platform/clock.ts';
import { logger } from '../shared/platform/logger.ts';
import { ApiProblem, jsonAnswer } from '../shared/platform/problem-response.ts';
import { headObject } from '../shared/storage/media-resolver.ts';
import { signVideo } from '../shared/storage/video-versions.ts';
import { isStaleJob } from '../shared/table/job-errors.ts';
import { findJob } from '../shared/table/load-job.ts';
import { retryOnConflict } from '../shared/table/retry-on-conflict.ts';
import type { Caller } from './caller.ts';
import { mayOperate } from './caller.ts';
import { jobOf, noSuchJob } from './jobs.ts';
import { operation } from './operation.ts';

export const showVideo = operation(fileRoutes.showVideo, async ({ caller, params, query, headers }) => {
  const video = videoOf(await jobOf(params.id, caller), query.output);
  if (!(await headObject(video)))
    throw new ApiProblem(404, 'VIDEO_GONE', `The file ${video.key} was deleted from the bucket.`);
  const expiresAt = plusSeconds(now(), ADDRESS_SECONDS);
  const url = await signVideo(video, ADDRESS_SECONDS);
  const uncached = { 'cache-control': 'no-store' };
  return /\bapplication\/json\b/i.test(headers.accept ?? '')
    ? jsonAnswer(200, { url, expiresAt }, uncached)
    : { statusCode: 302, headers: { location: url, ...uncached } };
});

/** One of a job's videos, in the version that was stored. @throws ApiProblem with the reason where there is none */
const videoOf = ({ state }: Job, output: number): ObjectLocation => {
  const { status, video, moreVideos = [], failure } = state;
  if (!video) {
    if (!isEnded(state))
      throw new ApiProblem(409, 'VIDEO_NOT_READY', `There is no video yet: the job is ${status}.`);
    throw new ApiProblem(404, 'NO_VIDEO', `The job ${status} without a video: ${failure?.message ?? ''}`);
  }
  const { bucket } = video;
  const found = [video, ...moreVideos][output - 1];
  if (!found)
    throw new ApiProblem(
      404,
      'NO_SUCH_OUTPUT',
      `The job has ${moreVideos.length + 1} video(s), not ${output}.`,
    );
  return { bucket, key: found.key, ...(found.versionId ? { versionId: found.versionId } : {}) };
};

export const deleteJob = operation(fileRoutes.deleteJob, async ({ caller, params }) => {
  await clear(await tombstoneFor(params.id, caller));
  return { statusCode: 204 };
});

const TRIES = 3;

/** The tombstone of a job, written now or earlier. @throws ApiProblem */
const tombstoneFor = (jobId: string, caller: Caller): Promise<Tombstone> =>
  retryOnConflict(
    async () => {
      const job = await findJob(jobId);
      return job ? bury(job, caller) : earlierTombstone(jobId, caller);
    },
    { tries: TRIES, isConflict: isStaleJob },
  );

const bury = async (job: Job, caller: Caller): Promise<Tombstone> => {
  const { state } = job;
  const { jobId, status, owner, failure, task, video } = state;
  if (!mayOperate(caller, state)) throw noSuchJob(jobId);
  if (!isEnded(state))
    throw new ApiProblem(
      409,
      'JOB_OPEN',
      `The job is ${status}: only one that ended can be deleted. Cancel it first.`,
    );
  const tombstone = tombstoneOf(job, caller.owner, now());
  await writeTombstone(job, tombstone);
  logger.info('job deleted', {
    jobId,
    actor: caller.owner,
    owner,
    status,
    charged: failure?.charged,
    taskId: task?.id,
    video,
  });
  return tombstone;
};

const earlierTombstone = async (jobId: string, caller: Caller): Promise<Tombstone> => {
  const tombstone = await findTombstone(jobId);
  if (!tombstone || !mayOperate(caller, tombstone)) throw noSuchJob(jobId);
  return tombstone;
};
