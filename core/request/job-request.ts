import * as z from 'zod';

const S3Object = z
  .strictObject({
    s3Uri: z.string().regex(/^s3:\/\/[^/]+\/.+$/s, 'an s3://bucket/key'),
  })
  .meta({ id: 'S3Object', examples: [{ s3Uri: 's3://frames/shoe.png' }] });

/** A picture: an upload of the caller's own, one of the web, or an object of the inbox or the frames bucket. */
const FrameName = z
  .union(
    [
      z.strictObject({
        key: z.string().min(1).max(1024).describe('The `frameKey` of an upload.'),
      }),
      z.strictObject({
        url: z
          .string()
          .max(2048)
          .regex(/^https?:\/\/\S+$/i, 'an https address')
          .describe(
            'A public https address, without credentials. It is fetched after the answer, and kept with the job; whatever it holds is shown to nobody.',
          ),
      }),
      S3Object,
    ],
    'say {"key": …} of an upload, {"url": "https://…"} or {"s3Uri": "s3://bucket/key"}',
  )
  .meta({ id: 'FrameName' });
export type FrameName = z.infer<typeof FrameName>;

/** A video to continue: one of our own buckets', an address that the provider can open, or an earlier job's. */
const VideoName = z
  .union(
    [
      S3Object,
      z.strictObject({
        uri: z
          .string()
          .regex(/^(https|gs):\/\/\S+$/i, 'an https or gs address')
          .max(2048),
      }),
      z.strictObject({ jobId: z.string().min(1).max(64) }),
    ],
    'say {"s3Uri": …}, {"uri": …} or {"jobId": …}',
  )
  .meta({ id: 'VideoName' });
export type VideoName = z.infer<typeof VideoName>;

// As much as S3 takes with a drop. It comes back in every event of the job.
const MAX_METADATA_BYTES = 2048;
const bytesOf = (metadata: Readonly<Record<string, string>>): number =>
  Object.entries(metadata).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0);
const isPlain = (text: string): boolean =>
  text.isWellFormed() && !/\p{Cc}/u.test(text.replaceAll(/[\t\n\r]/g, ''));

const Metadata = z
  .record(z.string().min(1).max(128), z.string().max(1024))
  .refine(
    (metadata) => bytesOf(metadata) <= MAX_METADATA_BYTES,
    'names and values may have 2,048 bytes together',
  )
  .refine(
    (metadata) => Object.entries(metadata).flat().every(isPlain),
    'it holds control characters or half a character',
  )
  .describe(
    'Whatever the caller wants to see again, in events and the manifest: at most 2,048 bytes of UTF-8.',
  );

/** An order: what may also be said in a drop's metadata, by the same names. */
export const JobRequestBody = z
  .strictObject({
    frame: FrameName.optional().describe(
      'The start frame. Without it the prompt alone, reference frames or a video say what to make.',
    ),
    lastFrame: FrameName.optional(),
    referenceFrames: z.array(FrameName).min(1).optional(),
    video: VideoName.optional(),
    prompt: z.string().min(1).optional().describe('What happens, in up to 5,000 characters.'),
    provider: z.string().optional().describe('One of the stage; else one that offers the model.'),
    model: z.string().optional().describe('`GET /models` has them; else the stage’s default.'),
    aspectRatio: z
      .string()
      .optional()
      .describe('`16:9`, `9:16`, or `auto`: the nearest to the start frame’s own.'),
    resolution: z.string().optional().describe('`720p`, `1080p` or `4k`, as the model makes them.'),
    durationSeconds: z.number().optional().describe('A length that the model makes, such as 8.'),
    enhancePrompt: z.boolean().optional(),
    enableUpsample: z.boolean().optional(),
    negativePrompt: z.string().min(1).optional(),
    personGeneration: z.string().optional(),
    videoCount: z.number().optional(),
    extra: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('Passed to the gateway as it is.'),
    priority: z
      .string()
      .optional()
      .describe('Who goes first where jobs wait: `high`, `normal` (what is meant by nothing) or `low`.'),
    metadata: Metadata.default({}),
    webhookUrl: z
      .string()
      .max(2048)
      .optional()
      .describe('A public https address that is told how the job ends: see `GET /webhooks/secret`.'),
  })
  .meta({
    id: 'JobRequestBody',
    examples: [
      { prompt: 'A paper boat drifts towards the sun.', aspectRatio: '16:9' },
      {
        frame: { s3Uri: 's3://frames/shoe.png' },
        prompt: 'The shoe turns slowly.',
        durationSeconds: 8,
        metadata: { campaign: 'spring' },
      },
    ],
  });
export type JobRequestBody = z.infer<typeof JobRequestBody>;

/** The body of `POST /jobs`. An order that comes with others is never a dry run. */
export const CreateJobRequest = JobRequestBody.extend({
  dryRun: z
    .boolean()
    .optional()
    .describe(
      'Only checks and prices the order: nothing is written, ordered or spent, and the answer is 200.',
    ),
}).meta({ id: 'CreateJobRequest' });
export type CreateJobRequest = z.infer<typeof CreateJobRequest>;
