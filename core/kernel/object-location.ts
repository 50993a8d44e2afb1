import * as z from 'zod';

/** An object in one of our own buckets. `versionId` pins what was there when the job was accepted. */
export const ObjectLocation = z.object({
  bucket: z.string().min(1),
  key: z.string().min(1),
  versionId: z.string().exactOptional(),
});
export type ObjectLocation = z.infer<typeof ObjectLocation>;
