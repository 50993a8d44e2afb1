import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, StartframeClient } from '../client/index.ts';
import { CliError } from './errors.ts';
import { pictureName } from './job-text.ts';
import { barText, type LiveLine } from './live-line.ts';

/** Where a video goes: the file that a person named, or a new file in the folder that they named. */
export const videoFile = (out: string, folder: string, job: Job): string => {
  const file = resolve(folder, out);
  if (!statSync(file, { throwIfNoEntry: false })?.isDirectory()) return file;
  const name = nameOf(job);
  for (let number = 1; ; number += 1) {
    const candidate = join(file, number === 1 ? `${name}.mp4` : `${name}-${number}.mp4`);
    if (!existsSync(candidate)) return candidate;
  }
};

/** `boats/shoe.png` → `shoe`; without a picture the job's id. The name cannot lead out of the folder. */
const nameOf = ({ jobId, startFrame }: Job): string => {
  const [file = ''] = startFrame ? pictureName(startFrame).split('/').slice(-1) : [];
  const name = file.replace(/\.[^.]*$/, '').replaceAll(/[^\p{L}\p{N}._-]/gu, '_');
  return name.replace(/^\.+/, '') || jobId;
};

const TRIES = 3;

/** Fetches the video of a job and checks its hash. The file appears whole, or not at all. */
export const downloadVideo = async (
  api: Pick<StartframeClient, 'showVideo'>,
  { jobId, video }: Job,
  file: string,
  line: LiveLine,
  signal: AbortSignal,
): Promise<void> => {
  const part = `${file}.part`;
  await mkdir(dirname(file), { recursive: true });
  for (let tried = 1; ; tried += 1) {
    try {
      // An address lives for minutes: each try gets a new one.
      const { url } = await api.showVideo(jobId, {}, { signal });
      const sha256 = await fetchTo(part, url, signal, (bytes) =>
        line.show(barText('  download', bytes, video?.bytes)),
      );
      if (video !== undefined && sha256 !== video.sha256)
        throw new CliError(
          `The downloaded file is not the video of job ${jobId}: its hash differs. Try again.`,
        );
      await rename(part, file);
      return;
    } catch (error) {
      await rm(part, { force: true });
      signal.throwIfAborted();
      if (tried === TRIES) throw error;
      await sleep(tried * 1000, undefined, { signal });
    } finally {
      line.end();
    }
  }
};

const fetchTo = async (
  file: string,
  url: string,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<string> => {
  const response = await fetch(url, { signal });
  const body: ReadableStream | null = response.body;
  // The message does not show the address: it opens the video for anyone.
  if (!response.ok || body === null)
    throw new CliError(
      `The video could not be downloaded: ${new URL(url).host} answered HTTP ${response.status}.`,
    );
  const hash = createHash('sha256');
  let bytes = 0;
  const counting = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      onProgress(bytes);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(body), counting, createWriteStream(file), { signal });
  return hash.digest('hex');
};
