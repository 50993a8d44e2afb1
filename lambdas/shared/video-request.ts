import type { Job } from '../../core/job.ts';
import { findModel } from '../../core/models.ts';
import { aspectRatioFor } from '../../core/parameters.ts';
import type { VideoRequest } from '../../core/providers/provider.ts';
import { frameAt } from './frames.ts';
import { providerSettings } from './settings.ts';

/** What to order for a prepared job. */
export const videoRequest = ({ state, request }: Job): VideoRequest => {
  const { parameters, startFrame, lastFrame } = request;
  if (!parameters || !state.frame) throw new Error('The job was not prepared.');
  const { provider, aspectRatio, ...asked } = parameters;
  const model = findModel(providerSettings(provider).dialect, parameters.model);
  return {
    ...asked,
    aspectRatio: aspectRatioFor(aspectRatio, state.frame, model?.aspectRatios ?? []),
    startFrame: frameAt(startFrame, state.frame),
    ...(lastFrame && state.lastFrame ? { lastFrame: frameAt(lastFrame, state.lastFrame) } : {}),
  };
};
