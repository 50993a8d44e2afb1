import * as z from 'zod';

const S3Object = z
  .strictObject({
    s3Uri: z.string().regex(/^s3:\/\/[^/]+\/.+$/s, 'an s3://bucket/key'),
  })
  .meta({ id: 'S3Object', examples: [{ s3Uri: 's3://frames/shoe.png' }] });

/** A picture: one of the caller's uploads, a web address, or an object of the inbox or the frames bucket. */
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
            'A public https address, without credentials. The frame is fetched after the answer and kept with the job. Nobody is shown the query of the address.',
          ),
      }),
      S3Object,
    ],
    'say {"key": …} of an upload, {"url": "https://…"} or {"s3Uri": "s3://bucket/key"}',
  )
  .meta({ id: 'FrameName' });
export type FrameName = z.infer<typeof FrameName>;

/** A video to continue: an object of our own buckets, an address that the provider can open, or the video of an earlier job. */
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

// S3 takes as much with a drop. Every event of the job repeats it.
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
  .describe('Free text that events and the manifest repeat: at most 2,048 bytes of UTF-8.');

/** A job request. A drop's metadata has the same fields by the same names. */
export const JobRequestBody = z
  .strictObject({
    frame: FrameName.optional().describe(
      'The start frame. Without it the video is made from the prompt alone, from reference frames, or from a video to continue.',
    ),
    lastFrame: FrameName.optional(),
    referenceFrames: z.array(FrameName).min(1).optional(),
    video: VideoName.optional(),
    prompt: z.string().min(1).optional().describe('What happens in the video, in up to 5,000 characters.'),
    provider: z.string().optional().describe('A provider of the stage. Default: one that offers the model.'),
    model: z
      .string()
      .optional()
      .describe('A model that `GET /models` lists. Default: the model of the stage.'),
    aspectRatio: z
      .string()
      .optional()
      .describe('`16:9`, `9:16`, or `auto`: the one nearest to that of the start frame.'),
    resolution: z.string().optional().describe('`720p`, `1080p` or `4k`, if the model makes it.'),
    durationSeconds: z.number().optional().describe('A length that the model makes, such as 8.'),
    enhancePrompt: z.boolean().optional(),
    enableUpsample: z.boolean().optional(),
    negativePrompt: z.string().min(1).optional(),
    personGeneration: z.string().optional(),
    videoCount: z.number().optional(),
    extra: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('Parameters that only the gateway knows; they are passed through.'),
    priority: z
      .string()
      .optional()
      .describe('Which job goes first where jobs wait: `high`, `normal` (the default) or `low`.'),
    metadata: Metadata.default({}),
    webhookUrl: z
      .string()
      .max(2048)
      .optional()
      .describe(
        'A public https address that is notified of the job’s events. `GET /webhooks/secret` gives the key of their signatures.',
      ),
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

/** The body of `POST /jobs`. Only a job request by itself can be a dry run, not a row of a batch. */
export const CreateJobRequest = JobRequestBody.extend({
  dryRun: z
    .boolean()
    .optional()
    .describe(
      'Only checks and prices the job request: nothing is written, submitted or spent, and the answer is 200.',
    ),
}).meta({ id: 'CreateJobRequest' });
export type CreateJobRequest = z.infer<typeof CreateJobRequest>;
