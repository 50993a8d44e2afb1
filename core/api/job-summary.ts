import * as z from 'zod';
import { Failure, StoredVideo } from '../jobs/job.ts';
import { folderOf, type ListedJob } from '../jobs/list-index.ts';
import { JobStatus } from '../kernel/contract.ts';
import { ObjectLocation } from '../kernel/object-location.ts';

const Time = z.iso.datetime();

/** A job as it stands in a list; `GET /jobs/{id}` tells all. */
export const JobSummary = z
  .object({
    jobId: z.string(),
    status: JobStatus,
    owner: z.string(),
    provider: z.string().optional(),
    model: z.string().optional(),
    startFrame: ObjectLocation.optional(),
    folder: z
      .string()
      .optional()
      .describe('Where the start frame lies: its key up to the last `/`, without it.'),
    createdAt: Time,
    submittedAt: Time.optional(),
    finishedAt: Time.optional(),
    overdue: z.boolean().optional(),
    attention: z.object({ reason: z.string(), since: Time }).optional(),
    priceMicros: z.number().optional(),
    costMicros: z.number().optional(),
    video: StoredVideo.optional(),
    videoCount: z.number().optional(),
    failure: Failure.optional(),
  })
  .meta({ id: 'JobSummary' });
export type JobSummary = z.infer<typeof JobSummary>;

export const jobSummary = (job: ListedJob): JobSummary => {
  const { source, ...shown } = job;
  return { ...shown, startFrame: source, folder: folderOf(job) };
};
