import { plusSeconds } from '../kernel/time.ts';
import { findModel } from '../providers/model-registry.ts';
import { sceneOf } from '../providers/scenes.ts';
import type { ProviderConnection } from '../providers/settings.ts';
import type { Job, StoredVideo, VideoSource } from './job.ts';
import type { PollSettings } from './settings.ts';

/** Name of the metadata by which a stored video, or a manifest, is known to be a job's. */
export const JOB_ID_METADATA = 'job-id';

/** A video that was stored, with what is known of it beyond the job's record. */
export interface ManifestVideo extends StoredVideo {
  readonly brand: string;
  readonly hasAudio: boolean;
  /** The type that was declared with the download; the content decided. */
  readonly declaredType?: string;
}

/**
 * What stands beside the video as `….job.json`: enough to know, years later, what was asked, who made it, and whether the
 * file is still the same. No address that opens anything, and no secret.
 */
export const manifest = (
  { state, request }: Job,
  settings: Pick<ProviderConnection, 'dialect'> & Pick<PollSettings, 'retentionSeconds'>,
  stored: { readonly videos: readonly ManifestVideo[]; readonly notes: readonly string[] },
  now: string,
): Record<string, unknown> => {
  const asked = request.parameters;
  const model = findModel(settings.dialect, state.model ?? '');
  return {
    schemaVersion: 1,
    jobId: state.jobId,
    owner: state.owner,
    request: {
      scene: sceneOf(request),
      ...asked,
      ...(request.startFrame ? { startFrame: { ...request.startFrame, ...state.frame } } : {}),
      ...(request.lastFrame ? { lastFrame: { ...request.lastFrame, ...state.lastFrame } } : {}),
      ...(request.referenceFrames
        ? {
            referenceFrames: request.referenceFrames.map((frame, index) => ({
              ...frame,
              ...state.referenceFrames?.[index],
            })),
          }
        : {}),
      ...(request.video ? { video: withoutQuery(request.video) } : {}),
      priority: request.priority,
      metadata: request.metadata,
      hash: request.requestHash,
    },
    provider: {
      id: state.provider,
      dialect: settings.dialect,
      model: state.model,
      taskId: state.task?.id,
      // Where it was to be made before, and why it was not.
      movedFrom: state.movedFrom,
    },
    videos: stored.videos,
    ...(stored.notes.length > 0 ? { notes: stored.notes } : {}),
    priceMicros: state.priceMicros,
    watermark: model?.watermark,
    // The provider deletes its copy; ours stays.
    providerKeepsUntil: plusSeconds(state.readyAt ?? now, settings.retentionSeconds),
    timings: {
      acceptedAt: state.createdAt,
      submittedAt: state.submittedAt,
      readyAt: state.readyAt,
      storedAt: now,
    },
  };
};

/** An address that was given may be signed: the manifest is no place for that. */
const withoutQuery = (source: VideoSource): VideoSource =>
  'uri' in source ? { uri: source.uri.replace(/[?#].*$/s, '') } : source;

/** The key of the n-th video, counted from 0: `videos/shoe.png.mp4`, `videos/shoe.png.2.mp4`. */
export const videoKey = (firstKey: string, index: number): string =>
  index === 0 ? firstKey : firstKey.replace(/\.mp4$/, `.${index + 1}.mp4`);
