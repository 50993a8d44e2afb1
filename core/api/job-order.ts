import * as z from 'zod';
import type { Given } from '../parameters.ts';

const S3Uri = z.string().regex(/^s3:\/\/[^/]+\/.+$/s, 'an s3://bucket/key');
const FrameName = z.strictObject({ s3Uri: S3Uri }).meta({ id: 'FrameName' });

/** A video to continue: one of our own buckets', an address that the provider can open, or an earlier job's. */
const VideoName = z
  .union(
    [
      FrameName,
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

/** The body of `POST /jobs`: what may also be said in a drop's metadata, by the same names. */
export const JobOrder = z
  .strictObject({
    frame: FrameName.optional().describe(
      'The start frame. Without it the prompt alone, reference frames or a video say what to make.',
    ),
    lastFrame: FrameName.optional(),
    referenceFrames: z.array(FrameName).min(1).optional(),
    video: VideoName.optional(),
    prompt: z.string().min(1).optional(),
    provider: z.string().optional(),
    model: z.string().optional(),
    aspectRatio: z.string().optional(),
    resolution: z.string().optional(),
    durationSeconds: z.number().optional(),
    enhancePrompt: z.boolean().optional(),
    enableUpsample: z.boolean().optional(),
    negativePrompt: z.string().min(1).optional(),
    personGeneration: z.string().optional(),
    videoCount: z.number().optional(),
    extra: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    priority: z
      .string()
      .optional()
      .describe('Who goes first where jobs wait: `high`, `normal` (what is meant by nothing) or `low`.'),
    metadata: z.record(z.string().min(1).max(128), z.string().max(1024)).default({}),
  })
  .meta({ id: 'JobOrder' });
export type JobOrder = z.infer<typeof JobOrder>;

/** The order in the words of a drop's metadata, so that both meet the same checks. */
export const givenOf = ({
  frame: _,
  metadata: __,
  lastFrame,
  referenceFrames,
  video,
  extra,
  ...said
}: JobOrder): Given =>
  Object.fromEntries(
    Object.entries({
      ...said,
      lastFrame: lastFrame?.s3Uri,
      referenceFrames: referenceFrames && JSON.stringify(referenceFrames.map(({ s3Uri }) => s3Uri)),
      video: video && nameOf(video),
      extra: extra && JSON.stringify(extra),
    }).flatMap(([field, value]) => (value === undefined ? [] : [[field, String(value)]])),
  );

const nameOf = (video: z.infer<typeof VideoName>): string => {
  if ('s3Uri' in video) return video.s3Uri;
  return 'uri' in video ? video.uri : `job:${video.jobId}`;
};
