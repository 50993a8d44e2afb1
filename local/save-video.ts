import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Job } from '../client/index.ts';
import { codeOf } from './error-facts.ts';
import { LocalCloudError } from './local-cloud-error.ts';

type StoredVideo = NonNullable<Job['video']>;

/** `boats/shoe.png` → `shoe`. The name cannot lead out of the folder. */
export const videoName = (sourceKey: string): string => {
  const file = basename(sourceKey).replaceAll(/[\\:*?"<>|\p{Cc}]/gu, '_');
  const name = file.slice(0, file.length - extname(file).length);
  return name.replaceAll(/^\.+/g, '') || 'video';
};

/** Fetches a stored video and checks its hash. It replaces no file: beside `shoe.mp4` it becomes `shoe-2.mp4`. */
export const saveVideo = async (
  s3: S3Client,
  video: StoredVideo,
  folder: string,
  name: string,
): Promise<string> => {
  const part = await fetchVideo(s3, video, join(folder, `${name}.mp4`));
  try {
    for (let number = 1; ; number += 1) {
      const file = join(folder, number === 1 ? `${name}.mp4` : `${name}-${number}.mp4`);
      try {
        // Unlike a rename, a link does not replace a file, not even one that another process writes at this moment.
        await link(part, file);
        return file;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
    }
  } finally {
    await rm(part, { force: true });
  }
};

/** Saves under the name that a person gave, or into the folder that they named. */
export const saveVideoAs = async (
  s3: S3Client,
  video: StoredVideo,
  out: string,
  name: string,
): Promise<string> => {
  const found = await stat(out).catch(() => undefined);
  if (found?.isDirectory()) return saveVideo(s3, video, out, name);
  await rename(await fetchVideo(s3, video, out), out);
  return out;
};

/** Writes the whole video to a file beside its final place, and answers that file. */
const fetchVideo = async (s3: S3Client, video: StoredVideo, file: string): Promise<string> => {
  const part = `${file}.${randomUUID()}.part`;
  await mkdir(dirname(file), { recursive: true });
  const { Body } = await s3.send(
    new GetObjectCommand({
      Bucket: video.bucket,
      Key: video.key,
      ...(video.versionId ? { VersionId: video.versionId } : {}),
    }),
  );
  if (!(Body instanceof Readable)) throw new LocalCloudError(`The video ${video.key} has no content.`);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Body, hashing, createWriteStream(part));
  if (hash.digest('hex') !== video.sha256) {
    await rm(part, { force: true });
    throw new LocalCloudError(
      `The video ${video.key} in the bucket is not the one that the job stored: its hash differs.`,
    );
  }
  return part;
};
