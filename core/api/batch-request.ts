import * as z from 'zod';
import { JobRequestBody } from '../request/job-request.ts';

/** Orders in one body; more of them go by a manifest. */
const MAX_JOBS = 500;

/** The file may have so many bytes: 1,600 for each of 10,000 rows. */
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
    'A file of the frames bucket, UTF-8, at most 16 MB and 10,000 rows: JSONL with an order (`JobRequestBody`) a line, or CSV whose first line names columns by the words of a drop’s metadata.',
  );

export type ManifestName = z.infer<typeof ManifestName>;

// What is no order is refused by itself, so the schema of a batch lets it pass.
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
          .describe('One that is no usable order is a refused row; the others are made.'),
      }),
      z.strictObject({ manifest: ManifestName }),
    ],
    `say {"jobs": [1 to ${MAX_JOBS} orders]} or {"manifest": …}`,
  )
  .meta({ id: 'CreateBatchRequest' });
export type CreateBatchRequest = z.infer<typeof CreateBatchRequest>;
