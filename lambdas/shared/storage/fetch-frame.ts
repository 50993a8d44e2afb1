import type { Readable } from 'node:stream';
import { PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { FrameNotFetched, mayChange, unusableAddress } from '../../../core/jobs/frame-fetch.ts';
import type { FrameFetch } from '../../../core/jobs/job.ts';
import { AddressRefused, InvalidFrame, TransportError } from '../../../core/kernel/errors.ts';
import { inspectFrame } from '../../../core/media/image/inspect-image.ts';
import { DownloadRefused, openDownload } from '../http/download.ts';
import { USER_AGENT } from '../http/http.ts';
import { logger } from '../platform/logger.ts';
import { frameAddresses } from '../platform/settings.ts';
import { headObject } from './media-resolver.ts';

/** The most bytes that are fetched, even if the stage allows larger frames. */
const MAX_FETCHED_BYTES = 50_000_000;
// PrepareJob has 60 s in all; the rest is for inspecting the frames.
const FETCH_MS = 40_000;

let s3: S3Client | undefined;

/**
 * Fetches a frame from its web address into the frames bucket, unless it is there already. The bytes are inspected first, so
 * only a picture is ever kept. Throws `JobFailure` where the address gives no picture, `FrameNotFetched` where a retry may help.
 */
export const fetchFrame = async ({ location, url }: FrameFetch, maxFrameBytes: number): Promise<void> => {
  if (await headObject(location)) return;
  // The address was checked when the job was accepted. Only its origin is shown: path and query may be secret.
  const { origin } = new URL(url);
  try {
    const bytes = await download(url, Math.min(maxFrameBytes, MAX_FETCHED_BYTES));
    await keep(location, bytes, inspectFrame(bytes).mimeType);
    logger.info('frame fetched', { origin, bytes: bytes.byteLength, key: location.key });
  } catch (error) {
    if (error instanceof InvalidFrame)
      throw unusableAddress(`The frame from ${origin} cannot be used: ${error.message}`, error);
    if (error instanceof AddressRefused)
      throw unusableAddress(`The frame from ${origin} was not fetched: ${error.message}.`, error);
    if (error instanceof DownloadRefused && !mayChange(error.status))
      throw unusableAddress(`The frame was not fetched: ${error.message}.`, error);
    if (error instanceof DownloadRefused || error instanceof TransportError)
      throw new FrameNotFetched(`The frame was not fetched: ${error.message}.`, { cause: error });
    throw error;
  }
};

const download = async (url: string, maxBytes: number): Promise<Buffer> => {
  const { body, contentLength = 0 } = await openDownload({
    url,
    policy: frameAddresses(),
    headersFor: () => ({ 'user-agent': USER_AGENT, accept: 'image/png, image/jpeg, image/webp' }),
    // Above the limit: `collect` below reports a frame that is too large as final, the download would report it as a broken line.
    maxBytes: 2 * MAX_FETCHED_BYTES,
    signal: AbortSignal.timeout(FETCH_MS),
  });
  if (contentLength > maxBytes) {
    body.destroy();
    throw new InvalidFrame(`It has ${contentLength} bytes; at most ${maxBytes} are taken.`);
  }
  return collect(body, maxBytes);
};

const collect = async (body: Readable, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let total = 0;
  // Leaving the loop destroys the body and its connection.
  for await (const chunk of body) {
    total += chunk.length;
    if (total > maxBytes) throw new InvalidFrame(`It has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Never overwrites: a late run must not change a frame that another run has inspected. */
const keep = async (
  { bucket, key }: FrameFetch['location'],
  bytes: Buffer,
  contentType: string,
): Promise<void> => {
  s3 ??= new S3Client({});
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: bytes,
        ContentType: contentType,
        IfNoneMatch: '*',
      }),
    );
  } catch (error) {
    if (!(error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412)) throw error;
  }
};
