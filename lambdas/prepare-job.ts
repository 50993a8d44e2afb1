import { JobFailure } from '../core/errors.ts';
import type { Job, JobChange } from '../core/job.ts';
import { fail, recordFrames, toFailure } from '../core/job-transitions.ts';
import { checkFrame } from './shared/frames.ts';
import { saveJob } from './shared/job-store.ts';
import { settings } from './shared/settings.ts';
import { stepHandler } from './shared/step-handler.ts';

/** Looks at the frames by their content before anything is spent. */
export const handler = stepHandler(async (job, { now }) => {
  const { status } = job.state;
  if (status === 'submit-unknown') return { next: 'end' };
  if (status !== 'accepted') return { next: 'submit' };
  const { state } = await saveJob(job, await prepare(job, now));
  return { next: state.status === 'failed' ? 'end' : 'submit' };
});

const prepare = async ({ state, request }: Job, now: () => string): Promise<JobChange | undefined> => {
  const { problems = [], startFrame, lastFrame } = request;
  try {
    // The frame first: of a text file with a bad parameter a person should hear that it is no picture.
    const { maxFrameBytes } = settings();
    const frame = state.frame ?? (await checkFrame(startFrame, maxFrameBytes));
    if (problems.length > 0)
      throw new JobFailure(
        'INVALID_PARAMETERS',
        problems.map(({ message }) => message).join(' '),
        'Write the object again with metadata that the message allows.',
        'no',
      );
    const last = lastFrame && { lastFrame: state.lastFrame ?? (await checkFrame(lastFrame, maxFrameBytes)) };
    return recordFrames(state, { frame, ...last }, now());
  } catch (error) {
    if (error instanceof JobFailure) return fail(state, toFailure(error), now());
    throw error;
  }
};
