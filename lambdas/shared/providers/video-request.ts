import type { Job, JobState } from '../../../core/jobs/job.ts';
import { findModel } from '../../../core/providers/model-registry.ts';
import type { VideoRequest } from '../../../core/providers/provider.ts';
import type { RequestedVideo } from '../../../core/request/mismatches.ts';
import { aspectRatioFor, type JobParameters } from '../../../core/request/parameters.ts';
import { providerSettings } from '../platform/settings.ts';
import { frameAt } from '../storage/frames.ts';
import { sourceVideoOf } from './source-video.ts';

/** The requested video, without the frames: a stored video is compared with it. */
export const requestedVideo = ({ state, request }: Job): RequestedVideo | undefined => {
  const { parameters, video } = request;
  if (!parameters) return undefined;
  return {
    ...parameters,
    aspectRatio: requestedRatio(parameters, state),
    ...(video ? { video: sourceVideoOf(video) } : {}),
  };
};

const requestedRatio = (requested: JobParameters, { frame, ...state }: JobState): string => {
  // The job's present provider: failover may have changed it.
  const { provider = requested.provider, model = requested.model } = state;
  return aspectRatioFor(
    requested.aspectRatio,
    frame,
    findModel(providerSettings(provider).dialect, model)?.aspectRatios ?? [],
  );
};

/** What to submit for a job whose frames were checked. */
export const videoRequest = ({ state, request }: Job): VideoRequest => {
  const { parameters, startFrame, lastFrame, referenceFrames = [], video } = request;
  const isPrepared =
    (!startFrame || state.frame) &&
    (!lastFrame || state.lastFrame) &&
    referenceFrames.length === (state.referenceFrames?.length ?? 0);
  // Never without a requested frame: that would be another video.
  if (!parameters || !isPrepared)
    throw new Error('The job was not prepared: a requested frame was not checked.');
  const { provider: _, ...requested } = parameters;
  const references = referenceFrames.flatMap((frame, index) => {
    const checked = state.referenceFrames?.[index];
    return checked ? [frameAt(frame, checked)] : [];
  });
  return {
    ...requested,
    model: state.model ?? parameters.model,
    aspectRatio: requestedRatio(parameters, state),
    ...(startFrame && state.frame ? { startFrame: frameAt(startFrame, state.frame) } : {}),
    ...(lastFrame && state.lastFrame ? { lastFrame: frameAt(lastFrame, state.lastFrame) } : {}),
    ...(references.length > 0 ? { referenceFrames: references } : {}),
    ...(video ? { video: sourceVideoOf(video) } : {}),
  };
};
