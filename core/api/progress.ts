import * as z from 'zod';
import type { JobState } from '../jobs/job.ts';
import { plusSeconds, secondsBetween } from '../kernel/time.ts';

/** The progress of a video, estimated from similar ones: no provider of the seeds reports it reliably. */
export const Progress = z
  .object({
    percent: z.int().min(0).max(99).describe('Of the time by which most videos like it were there.'),
    expectedFrom: z.iso.datetime().describe('Hardly any video was there before.'),
    expectedUntil: z.iso.datetime().describe('Most were there by then.'),
  })
  .meta({ id: 'Progress' });
export type Progress = z.infer<typeof Progress>;

/** The progress of a running job; nothing until enough similar videos were made. */
export const progressOf = (
  { status, submittedAt, expected }: Pick<JobState, 'status' | 'submittedAt' | 'expected'>,
  now: string,
): Progress | undefined => {
  if (status !== 'running' || submittedAt === undefined || expected === undefined) return undefined;
  const { earliestSeconds, latestSeconds } = expected;
  const share = secondsBetween(submittedAt, now) / Math.max(latestSeconds, 1);
  return {
    percent: Math.floor(Math.min(Math.max(share, 0), 0.99) * 100),
    expectedFrom: plusSeconds(submittedAt, earliestSeconds),
    expectedUntil: plusSeconds(submittedAt, latestSeconds),
  };
};
