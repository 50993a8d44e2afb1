import { createHash } from 'node:crypto';
import { invalid } from '../http/refusal.ts';

export type FrameType = 'png' | 'jpeg' | 'webp';

/** A picture that a client sent or pointed to. */
export interface Frame {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly type: FrameType;
}

// Only seed 004 states a limit (50 MB). Ten seconds is our guess at a gateway's time-out.
const sizeLimitBytes = 50 * 1024 * 1024;
const timeLimitMs = 10_000;

/**
 * Downloads the picture at a URL, as the real gateway does at submit. Refuses with the field's name what is no http(s)
 * URL, does not arrive in time, or is no PNG, JPEG or WebP. The gateway calls any address, private ones too, because the
 * tests need that; so keep it on loopback.
 */
export const fetchFrame = async (field: string, address: string): Promise<Frame> => {
  if (/^data:/i.test(address)) throw invalid(field, 'data URIs are not accepted, send an http(s) URL');
  return frameFromBytes(field, await download(field, address));
};

/** A frame from bytes that came with the request. */
export const frameFromBytes = (field: string, bytes: Buffer): Frame => {
  const type = sniff(bytes);
  if (!type) throw invalid(field, 'is no PNG, JPEG or WebP picture');
  return { bytes, type, sha256: createHash('sha256').update(bytes).digest('hex') };
};

/** A frame from base64 in the body, without a `data:` in front. */
export const frameFromBase64 = (field: string, text: string): Frame => {
  // The pattern looks for one wrong letter: a match of all 20 million letters would overflow the stack.
  if (text === '' || /[^A-Za-z0-9+/=]/.test(text)) throw invalid(field, 'is not base64');
  return frameFromBytes(field, Buffer.from(text, 'base64'));
};

/** Downloads an http(s) URL. Refuses with the field's name what does not arrive in time or is above 50 MB. */
export const download = async (
  field: string,
  address: string,
  headers: Record<string, string> = {},
): Promise<Buffer> => {
  if (!URL.canParse(address) || !/^https?:/i.test(address)) throw invalid(field, 'must be an http(s) URL');
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const response = await fetch(address, { headers, signal: AbortSignal.timeout(timeLimitMs) });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`it answered ${response.status}`);
    }
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      // Leaving the loop cancels the rest of the body.
      if (size > sizeLimitBytes) throw new Error('it is larger than 50 MB');
      chunks.push(chunk);
    }
  } catch (cause) {
    // The address itself stays out of the message: a presigned URL is a secret.
    throw invalid(field, `could not be fetched (${reasonOf(cause)})`, { cause });
  }
  return Buffer.concat(chunks);
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `no answer in ${timeLimitMs / 1000} s`;
  // fetch says only "fetch failed"; the reason is in its cause.
  return error.cause instanceof Error ? error.cause.message : error.message;
};

/** Decides by content, never by name or declared type. */
const sniff = (bytes: Buffer): FrameType | undefined => {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to);
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (text(0, 3) === '\xff\xd8\xff') return 'jpeg';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  return undefined;
};
