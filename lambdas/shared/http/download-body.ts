import type { IncomingMessage } from 'node:http';
import { pipeline, Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import { TransportError } from '../../../core/kernel/errors.ts';
import { redactError } from '../../../core/providers/http/redact.ts';

/** So many bytes in so long. */
export interface Pace {
  readonly bytes: number;
  readonly inMs: number;
}

export interface BodyLimits {
  readonly origin: string;
  readonly slowest: Pace;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The body of a download, unpacked where the source compressed it unrequested. It ends only when the source ended it properly.
 * A source that is cut short, too slow or too long makes it fail with a `TransportError`.
 */
export const downloadBody = (
  response: IncomingMessage,
  limits: BodyLimits,
): { body: Readable; isUnpacked: boolean } => {
  const source = pacedBody(response, limits);
  const decoder = decoderFor(response.headers['content-encoding']);
  if (decoder === undefined) return { body: source, isUnpacked: false };
  const bound = boundedCopy(limits);
  // The callback keeps an error from ending the process; the reader of `body` gets it as well.
  return { body: pipeline(source, decoder, bound, () => {}), isUnpacked: true };
};

const decoderFor = (encoding: string | undefined): Transform | undefined => {
  switch (encoding?.trim().toLowerCase()) {
    case 'br':
      return createBrotliDecompress();
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return createUnzip();
    default:
      return undefined;
  }
};

/**
 * Measures how fast the source sends while the reader waits for it; time that the reader takes does not count. Calls
 * `onTooSlow` with the bytes of a window that had too few.
 */
const paceMeter = (slowest: Pace, onTooSlow: (bytes: number) => void) => {
  let inWindow = 0;
  let waitedMs = 0;
  let waitingSince: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  const start = () => {
    if (waitingSince !== undefined) return;
    waitingSince = performance.now();
    timer = setTimeout(endWindow, Math.max(0, slowest.inMs - waitedMs));
  };
  const stop = () => {
    if (waitingSince === undefined) return;
    waitedMs += performance.now() - waitingSince;
    waitingSince = undefined;
    clearTimeout(timer);
  };
  const endWindow = () => {
    if (inWindow < slowest.bytes) return onTooSlow(inWindow);
    stop();
    inWindow = 0;
    waitedMs = 0;
    start();
  };
  const count = (bytes: number) => {
    inWindow += bytes;
  };
  return { start, stop, count };
};

/** Passes on what the source sends, as long as it keeps the pace and the length. */
const pacedBody = (source: IncomingMessage, { origin, slowest, maxBytes, signal }: BodyLimits): Readable => {
  let total = 0;
  const pace = paceMeter(slowest, (bytes) => fail(`sent ${bytes} bytes in ${slowest.inMs} ms`));

  const body = new Readable({
    read() {
      pace.start();
      source.resume();
    },
    destroy(error, callback) {
      pace.stop();
      signal?.removeEventListener('abort', giveUp);
      source.destroy();
      callback(error);
    },
  });
  const fail = (what: string, cause?: Error) => {
    if (!body.readableEnded) body.destroy(failure(origin, what, cause));
  };
  const giveUp = () => fail('was given up');

  // This listener stays: an error before the first read would end the process. A later reader gets the error all the same.
  body.on('error', () => {});
  source.pause();
  source.on('data', (chunk: Buffer) => {
    total += chunk.length;
    pace.count(chunk.length);
    if (total > maxBytes) return fail(`is longer than ${maxBytes} bytes`);
    if (body.push(chunk)) return;
    source.pause();
    pace.stop();
  });
  source.once('end', () => {
    pace.stop();
    if (source.complete) body.push(null);
    else fail('was cut short');
  });
  source.once('error', (error) => fail('was cut short', error));
  source.once('close', () => {
    if (!source.complete) fail('was cut short');
  });
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted) giveUp();
  return body;
};

/** The last link behind a decoder: counts, and turns the decoder's errors into ours. */
const boundedCopy = ({ origin, maxBytes }: BodyLimits): Transform => {
  let total = 0;
  const copy = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      total += chunk.length;
      if (total > maxBytes) callback(failure(origin, `unpacks to more than ${maxBytes} bytes`));
      else callback(null, chunk);
    },
    destroy(error, callback) {
      const isForeign = error !== null && !(error instanceof TransportError);
      callback(isForeign ? failure(origin, 'cannot be unpacked', error) : error);
    },
  });
  copy.on('error', () => {});
  return copy;
};

const failure = (origin: string, what: string, cause?: Error): TransportError =>
  new TransportError(
    `the download from ${origin} ${what}`,
    true,
    cause === undefined ? undefined : { cause: redactError(cause) },
  );
