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

/** However large frames may be: nothing more than this is fetched. */
const MAX_FETCHED_BYTES = 50_000_000;
// All of PrepareJob has 60 s; what remains is for looking at the frames.
const FETCH_MS = 40_000;

let s3: S3Client | undefined;

/**
 * Keeps a frame of the web with us, unless it was kept already. What comes is looked at first, so nothing but a picture is ever
 * kept. Throws `JobFailure` where the address gives none, `FrameNotFetched` where another try may help.
 */
export const fetchFrame = async ({ location, url }: FrameFetch, maxFrameBytes: number): Promise<void> => {
  if (await headObject(location)) return;
  // It was checked when the job was accepted. The path may be as secret as the query.
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
    // Above what is taken, so that too long is said here, and for good: the download's own words are about a line that broke.
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
  // Leaving the loop destroys the body, and with it the connection.
  for await (const chunk of body) {
    total += chunk.length;
    if (total > maxBytes) throw new InvalidFrame(`It has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Never over what is there: a run that is late must not change a frame that another has looked at. */
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
