import { fail, toFailure } from '../core/jobs/ending.ts';
import { afterFailedFetch, FrameNotFetched } from '../core/jobs/frame-fetch.ts';
import { type CheckedFrame, isEnded, type Job, type JobChange, type JobState } from '../core/jobs/job.ts';
import { afterRefusal } from '../core/jobs/submit-refusal.ts';
import { recordFrames } from '../core/jobs/transitions.ts';
import { JobFailure, ProviderError } from '../core/kernel/errors.ts';
import type { ObjectLocation } from '../core/kernel/object-location.ts';
import { saveWithinBudget } from './shared/jobs/reserve-budget.ts';
import { stepHandler } from './shared/jobs/step-handler.ts';
import { providerSettings, settings } from './shared/platform/settings.ts';
import { providerFor } from './shared/providers/provider-client.ts';
import { checkSourceVideo } from './shared/providers/source-video.ts';
import { videoRequest } from './shared/providers/video-request.ts';
import { admitOrEnqueue } from './shared/queue/admit-or-enqueue.ts';
import { failOverFromOpenCircuit } from './shared/queue/failover.ts';
import { fetchFrame } from './shared/storage/fetch-frame.ts';
import { checkFrame } from './shared/storage/frames.ts';
import { saveJob } from './shared/table/job-store.ts';

/** Checks the frames by their content, and that the provider can express the request, before anything is spent. */
export const handler = stepHandler(async (job, { now }) => {
  const { status } = job.state;
  if (status === 'submit-unknown') return { next: 'end' };
  // A new run of a job that waits, or was admitted.
  if (status === 'queued') return admitOrEnqueue(job, failOverFromOpenCircuit);
  if (status !== 'accepted') return { next: 'submit' };
  const prepared = await saveWithinBudget(job, await prepare(job, now), now);
  return isEnded(prepared.state) ? { next: 'end' } : admitOrEnqueue(prepared, failOverFromOpenCircuit);
});

const prepare = async (job: Job, now: () => string): Promise<JobChange> => {
  const { state, request } = job;
  try {
    // The frames first: for a text file with a bad parameter the failure should say that it is no picture.
    const frames = await checkFrames(job);
    if (request.video) await checkSourceVideo(request.video);
    const { problems = [] } = request;
    if (problems.length > 0)
      throw new JobFailure(
        'INVALID_PARAMETERS',
        problems.map(({ message }) => message).join(' '),
        'Write the object again with metadata that the message allows.',
        'no',
      );
    providerFor(state.provider).assertSendable(videoRequest({ request, state: { ...state, ...frames } }));
    return recordFrames(state, frames, now());
  } catch (error) {
    if (error instanceof JobFailure) return fail(state, toFailure(error), now());
    if (error instanceof ProviderError)
      return afterRefusal(state, error, providerSettings(state.provider), now());
    if (error instanceof FrameNotFetched) {
      const { change, isOver } = afterFailedFetch(state, error, now());
      if (isOver) return change;
      await saveJob(job, change);
    }
    // The workflow retries.
    throw error;
  }
};

type Frames = Pick<JobState, 'frame' | 'lastFrame' | 'referenceFrames'>;

const checkFrames = async ({ state, request }: Job): Promise<Frames> => {
  const { maxFrameBytes } = settings();
  const check = async (location: ObjectLocation): Promise<CheckedFrame> => {
    const fetch = request.fetches?.find((one) => one.location.key === location.key);
    if (fetch) await fetchFrame(fetch, maxFrameBytes);
    return checkFrame(location, maxFrameBytes);
  };
  const { startFrame, lastFrame, referenceFrames } = request;
  return {
    ...(startFrame ? { frame: state.frame ?? (await check(startFrame)) } : {}),
    ...(lastFrame ? { lastFrame: state.lastFrame ?? (await check(lastFrame)) } : {}),
    ...(referenceFrames
      ? { referenceFrames: state.referenceFrames ?? (await Promise.all(referenceFrames.map(check))) }
      : {}),
  };
};
