import * as z from 'zod';
import { JobRequestBody } from '../request/job-request.ts';

/** The most job requests in one body; a manifest takes more. */
const MAX_JOBS = 500;

/** The most bytes of a manifest: 1,600 for each of 10,000 rows. */
export const MAX_MANIFEST_BYTES = 16_000_000;

/** Lambda takes 6 MB, in which a body's quotation marks count twice. */
export const MAX_BATCH_BODY_BYTES = 2_000_000;

const ManifestName = z
  .union(
    [
      z.strictObject({ key: z.string().min(1).max(1024) }),
      z.strictObject({
        s3Uri: z
          .string()
          .regex(/^s3:\/\/[^/]+\/.+$/s, 'an s3://bucket/key')
          .max(1100),
      }),
    ],
    'say {"key": …} of an upload, or {"s3Uri": …}',
  )
  .meta({ id: 'ManifestName' })
  .describe(
    'A file of the frames bucket, UTF-8, at most 16 MB and 10,000 rows: JSONL with a job request (`JobRequestBody`) a line, or CSV whose first line names columns as a drop’s metadata does.',
  );

export type ManifestName = z.infer<typeof ManifestName>;

// The schema of a batch accepts any row: a bad one is refused by itself when the batch is expanded.
const Row = z.union([JobRequestBody, z.unknown()]);

/** The body of `POST /batches`. */
export const CreateBatchRequest = z
  .union(
    [
      z.strictObject({
        jobs: z
          .array(Row)
          .min(1)
          .max(MAX_JOBS)
          .describe('A bad job request becomes a refused row; the others become jobs.'),
      }),
      z.strictObject({ manifest: ManifestName }),
    ],
    `say {"jobs": [1 to ${MAX_JOBS} job requests]} or {"manifest": …}`,
  )
  .meta({ id: 'CreateBatchRequest' });
export type CreateBatchRequest = z.infer<typeof CreateBatchRequest>;
