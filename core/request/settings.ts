import * as z from 'zod';
import { HttpUrl } from '../kernel/http-url.ts';
import type { ProviderConnection } from '../providers/settings.ts';

/** What a job gets when its request does not say; the same words as in a drop's metadata. */
export const JobDefaults = z.strictObject({
  prompt: z.string().min(1),
  model: z.string().min(1),
  provider: z.string().min(1).optional(),
  aspectRatio: z.string().optional(),
  resolution: z.string().optional(),
});
export type JobDefaults = z.infer<typeof JobDefaults>;

/** Which frames a job request may name. */
export const FrameSettings = z.strictObject({
  /** Larger frames are refused. */
  maxFrameBytes: z.int().positive().default(20_000_000),
  /**
   * Every caller of the API may name what people put into the inbox, or into the frames bucket by hand, if they know its key.
   * Otherwise only admins and the owner of drops may. Uploads and fetched frames are always their owner's alone.
   */
  sharedFrames: z.boolean().default(false),
  /**
   * Origins that frames may be fetched from although they are http or private: a picture server in a VPC, or on this machine.
   * Every caller of the API can then have pictures fetched from there.
   */
  privateFrameOrigins: z
    .array(
      HttpUrl.refine((url) => new URL(url).origin === url, 'must be an origin such as http://10.0.0.7:8080'),
    )
    .default([]),
});

/** The settings of a stage by which the parameters of a job request are checked. */
export interface ParameterSettings {
  readonly defaults: JobDefaults;
  readonly providers: Readonly<Record<string, Pick<ProviderConnection, 'dialect' | 'models'>>>;
}
