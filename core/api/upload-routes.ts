import * as z from 'zod';
import { plainRoute, type Route } from './route.ts';

/** The pictures that frames may be: what `core/media/image/inspect-image.ts` reads. */
const FrameType = z.enum(['image/png', 'image/jpeg', 'image/webp']);

/** What a batch is read from; its content says which of them it is. */
const ManifestType = z.enum(['text/csv', 'application/jsonl']);

/** The body of `POST /uploads`. */
export const CreateUploadRequest = z
  .strictObject({
    filename: z
      .string()
      .min(1)
      .max(255)
      .describe('For people: the end of the key. What is not a letter, digit, dot, - or _ becomes _.'),
    contentType: z.union([FrameType, ManifestType]),
    size: z.int().positive().describe('Bytes. S3 refuses an upload that has more.'),
  })
  .meta({
    id: 'CreateUploadRequest',
    examples: [{ filename: 'shoe.png', contentType: 'image/png', size: 48_211 }],
  });
export type CreateUploadRequest = z.infer<typeof CreateUploadRequest>;

export const isManifest = ({ contentType }: CreateUploadRequest): boolean =>
  ManifestType.safeParse(contentType).success;

/** Where to send the file, as a form of type `multipart/form-data`: all fields first, then `file`. */
export const Upload = z
  .object({
    url: z.url(),
    fields: z.record(z.string(), z.string()).describe('A secret until `expiresAt`.'),
    frameKey: z.string().describe('For `POST /jobs`: `{"frame": {"key": …}}`. No other owner can use it.'),
    expiresAt: z.iso.datetime().describe('Until when the upload may begin.'),
  })
  .meta({ id: 'Upload' });
export type Upload = z.infer<typeof Upload>;

export const uploadRoutes = {
  createUpload: {
    ...plainRoute,
    method: 'POST',
    path: '/uploads',
    tag: 'Jobs',
    summary: 'Create an upload form for a frame or the manifest of a batch',
    description:
      'The file goes to S3 directly, with a form that takes one object of this type and at most this size. An upload starts nothing; it is deleted after seven days.',
    body: CreateUploadRequest,
    answers: { 201: { description: 'Where to upload.', body: Upload } },
  },
} as const satisfies Record<string, Route>;
