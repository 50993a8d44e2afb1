import { S3ServiceException } from '@aws-sdk/client-s3';
import type { VideoSource } from '../../../core/jobs/job.ts';
import { InvalidVideo, JobFailure, ProviderError } from '../../../core/kernel/errors.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import { EXTENSION_SECONDS, LONGEST_EXTENDED_SECONDS } from '../../../core/providers/model-registry.ts';
import type { SourceVideo } from '../../../core/providers/provider.ts';
import { signObject } from '../storage/frames.ts';
import { headObject } from '../storage/media-resolver.ts';
import { VerifiedVideo } from '../storage/verified-video.ts';
import { readVideo } from '../storage/video-store.ts';
import { loadJob } from '../table/load-job.ts';
import { providerFor } from './provider-client.ts';

// A video of 148 s has about 130 MB; a larger file is refused unread.
const MAX_SOURCE_BYTES = 500_000_000;

const unusable = (message: string, cause?: unknown): JobFailure =>
  new JobFailure('INVALID_PARAMETERS', message, 'Name an MP4 of at most 141 s, then start a new job.', 'no', {
    cause,
  });

/**
 * Checks a video of our own that is to be continued: whether it is a video, and short enough. A video elsewhere only the provider
 * can check. Throws `JobFailure`.
 */
export const checkSourceVideo = async (source: VideoSource): Promise<void> => {
  if (!('bucket' in source)) return;
  const longest = LONGEST_EXTENDED_SECONDS - EXTENSION_SECONDS;
  const { durationSeconds } = await inspect(source);
  if (durationSeconds > longest)
    throw unusable(`The video to continue is ${durationSeconds} s long; at most ${longest} s are taken.`);
};

const inspect = async (location: ObjectLocation): Promise<{ durationSeconds: number }> => {
  try {
    const head = await headObject(location);
    if (!head) throw unusable('The video to continue was deleted before it could be read.');
    const { ContentLength = 0 } = head;
    if (ContentLength > MAX_SOURCE_BYTES)
      throw unusable(
        `The video to continue has ${ContentLength} bytes; at most ${MAX_SOURCE_BYTES} are taken.`,
      );
    const video = new VerifiedVideo(await readVideo(location), ContentLength);
    for await (const _ of video);
    return video.facts;
  } catch (error) {
    if (error instanceof InvalidVideo)
      throw unusable(`The video to continue is not a complete MP4: ${error.message}`, error);
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404)
      throw unusable('The video to continue was deleted before it could be read.', error);
    throw error;
  }
};

/** A video to be continued, as a dialect takes it. Its address is made only when the dialect needs it. */
export const sourceVideoOf = (source: VideoSource): SourceVideo => ({
  url: async () => {
    if ('uri' in source) return source.uri;
    return 'jobId' in source ? addressOfJob(source.jobId) : signObject(source);
  },
});

/** The provider's address of an earlier job's video. It is polled again, because no such address is kept. */
const addressOfJob = async (jobId: string): Promise<string> => {
  const { state } = await loadJob(jobId);
  const refused = (message: string, retryable: boolean, cause?: unknown) =>
    new ProviderError(
      retryable ? 'ProviderUnavailable' : 'ProviderRejected',
      message,
      { retryable, charged: 'no' },
      { cause },
    );
  if (!state.task) throw refused(`Job ${jobId} made no video that could be continued.`, false);
  try {
    const status = await providerFor(state.provider).check(state.task);
    const url = status.state === 'succeeded' ? status.outputs[0]?.url : undefined;
    if (url && /^(https?|gs):/i.test(url)) return url;
    throw refused(`The provider offers no address for the video of job ${jobId} any more.`, false);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.charged === 'no') throw error;
    // A failed poll: nothing was submitted.
    throw refused(
      `The video of job ${jobId} could not be polled: ${error.message}`,
      error.name !== 'TaskNotFound',
      error,
    );
  }
};
