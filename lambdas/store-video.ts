import { costMicros } from '../core/billing/pricing.ts';
import { succeed } from '../core/jobs/ending.ts';
import { isEnded, type Job } from '../core/jobs/job.ts';
import { type ManifestVideo, manifest, videoKey } from '../core/jobs/manifest.ts';
import { recordUnconfirmedVerdict } from '../core/jobs/transitions.ts';
import { Env } from '../core/kernel/contract.ts';
import { InvalidVideo } from '../core/kernel/errors.ts';
import { manifestKey } from '../core/kernel/ids.ts';
import { secondsBetween } from '../core/kernel/time.ts';
import { isDataUrl, readDataUrl } from '../core/media/data-url.ts';
import { findModel } from '../core/providers/model-registry.ts';
import type { TaskStatus, VideoOutput } from '../core/providers/provider.ts';
import { mismatches } from '../core/request/mismatches.ts';
import { type Download, DownloadRefused, openDownload } from './shared/http/download.ts';
import { stepHandler } from './shared/jobs/step-handler.ts';
import { environment } from './shared/platform/environment.ts';
import { loggable, logger } from './shared/platform/logger.ts';
import { providerSettings } from './shared/platform/settings.ts';
import { downloadPolicy, ownOriginsOnly, providerFor } from './shared/providers/provider-client.ts';
import { requestedVideo } from './shared/providers/video-request.ts';
import { VerifiedVideo } from './shared/storage/verified-video.ts';
import { findVideo, putManifest, putVideo, readVideo } from './shared/storage/video-store.ts';
import { saveJob, saveOutcome } from './shared/table/job-store.ts';

/** The provider does not offer the video just now; CheckJob decides what that means. */
class VideoNotOffered extends Error {
  override readonly name = 'VideoNotOffered';
}

/** Streams the verified video into the bucket, writes the manifest, ends the job. A video that is stored already is not downloaded again. */
export const handler = stepHandler(async (job, { now }) => {
  const { state } = job;
  if (isEnded(state) || !state.task) return { next: 'end' };
  try {
    // Polled again here: no address that opens a video is ever kept, and this one is fresh.
    const status = await providerFor(state.provider).check(state.task);
    if (status.state !== 'succeeded') throw new VideoNotOffered(`The provider reports ${status.state} now.`);
    const videos = await storeAll(job, status.outputs);
    const [first, ...more] = videos;
    if (!first) throw new VideoNotOffered('The provider names no video now.');
    const requested = requestedVideo(job);
    const notes = [...(status.notes ?? []), ...(requested ? mismatches(requested, videos) : [])];
    const document = manifest(job, providerSettings(state.provider), { videos, notes }, now());
    await putManifest(
      { bucket: environment(Env.videoBucket), key: manifestKey(state.outputKey), jobId: state.jobId },
      document,
    );
    const stored = {
      video: withoutExtras(first),
      videoCount: videos.length,
      moreVideos: more.map(({ key, versionId }) => ({ key, ...(versionId ? { versionId } : {}) })),
      costMicros: costOf(job, videos.length),
    };
    // Whatever the run, and whatever was decided meanwhile: the video is stored and paid for.
    await saveOutcome(state.jobId, (current) =>
      current.state.status === 'succeeded' ? undefined : succeed(current.state, stored, now()),
    );
    logger.info('video stored', {
      key: first.key,
      bytes: first.bytes,
      durationSeconds: first.durationSeconds,
    });
    return { next: 'end' };
  } catch (error) {
    await recordError(job, error, now());
    throw error;
  }
});

type Succeeded = Extract<TaskStatus, { state: 'succeeded' }>;

const storeAll = async (job: Job, outputs: Succeeded['outputs']): Promise<ManifestVideo[]> => {
  const videos: ManifestVideo[] = [];
  for (const [index, output] of outputs.entries()) {
    const key = videoKey(job.state.outputKey, index);
    videos.push((await findStored(job, key)) ?? (await download(job, key, output)));
  }
  return videos;
};

/** A video that an earlier run stored: read once more from our own bucket, which costs nothing at the provider. */
const findStored = async ({ state }: Job, key: string): Promise<ManifestVideo | undefined> => {
  const found = await findVideo(environment(Env.videoBucket), key, state.jobId);
  if (!found) return undefined;
  const video = new VerifiedVideo(await readVideo(found));
  for await (const _ of video);
  return { ...found, ...video.facts };
};

const download = async ({ state }: Job, key: string, output: VideoOutput): Promise<ManifestVideo> => {
  const { body, contentLength, contentType } = await openOutput(state.provider, output);
  const video = new VerifiedVideo(body, contentLength);
  const stored = await putVideo(
    {
      bucket: environment(Env.videoBucket),
      key,
      jobId: state.jobId,
      ...(contentLength === undefined ? {} : { contentLength }),
    },
    video,
  );
  return { ...stored, ...video.facts, ...(contentType ? { declaredType: contentType } : {}) };
};

type OpenOutput = Pick<Download, 'contentType' | 'contentLength'> & { body: AsyncIterable<Uint8Array> };

const openOutput = async (provider: string | undefined, output: VideoOutput): Promise<OpenOutput> => {
  if (isDataUrl(output.url)) return openInline(output.url);
  const from = { url: output.url, policy: downloadPolicy(provider) };
  const { downloadHeaders } = providerFor(provider);
  if (!output.needsKey || !downloadHeaders) return openDownload(from);
  const withKey = async (options?: { readonly fresh: boolean }) =>
    openDownload({
      ...from,
      headersFor: ownOriginsOnly(providerSettings(provider), await downloadHeaders(options)),
    });
  try {
    return await withKey();
  } catch (error) {
    // The key may have been rotated since it was read: read once more, as for a poll.
    if (error instanceof DownloadRefused && error.status === 401) return withKey({ fresh: true });
    throw error;
  }
};

/** A video that is part of the answer itself. */
const openInline = (url: string): OpenOutput => {
  const { mediaType, bytes, slices } = readDataUrl(url);
  return { contentType: mediaType, contentLength: bytes, body: inTurn(slices) };
};

async function* inTurn(slices: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* slices;
}

/** By list price; the registry says what a partly delivered request costs. */
const costOf = ({ state, request }: Job, delivered: number): number | undefined => {
  const model = findModel(providerSettings(state.provider).dialect, state.model ?? '');
  return state.priceMicros !== undefined && model
    ? costMicros(state.priceMicros, model, { asked: request.parameters?.videoCount ?? 1, delivered })
    : state.priceMicros;
};

const withoutExtras = ({
  bucket,
  key,
  versionId,
  bytes,
  sha256,
  durationSeconds,
  width,
  height,
}: ManifestVideo) => ({
  bucket,
  key,
  ...(versionId ? { versionId } : {}),
  bytes,
  sha256,
  durationSeconds,
  width,
  height,
});

const RECORD_AGAIN_SECONDS = 120;

/** Records why the download failed, for CheckJob and for people; the workflow retries. */
const recordError = async (job: Job, error: unknown, now: string): Promise<void> => {
  const verdict = error instanceof InvalidVideo ? 'DOWNLOAD_INVALID' : 'DOWNLOAD_FAILED';
  const { unconfirmed } = job.state;
  const isSame = unconfirmed?.verdict === verdict;
  // The workflow tries four times in a row; one record is enough.
  if (isSame && secondsBetween(unconfirmed.lastAt ?? unconfirmed.since, now) < RECORD_AGAIN_SECONDS) return;
  const reason = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : 'unknown';
  try {
    const since = isSame ? unconfirmed.since : now;
    const answers = (isSame ? unconfirmed.answers : 0) + 1;
    await saveJob(
      job,
      recordUnconfirmedVerdict(job.state, { verdict, reason, since, lastAt: now, answers }, now),
    );
  } catch (cause) {
    logger.warn('the download error could not be recorded', { error: loggable(cause) });
  }
};
