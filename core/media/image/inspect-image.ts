import { InvalidFrame } from '../../kernel/errors.ts';
import { describeBytes, textAt } from '../content-sniff.ts';
import { readJpeg } from './jpeg.ts';
import type { PictureSize } from './picture-size.ts';
import { readPng } from './png.ts';
import { readWebp } from './webp.ts';

export interface FrameFacts extends PictureSize {
  readonly mimeType: 'image/png' | 'image/jpeg' | 'image/webp';
}

export interface FrameLimits {
  /** Pixels. */
  readonly maxSide: number;
  /** Width × height: what a decoder must hold, four bytes each. */
  readonly maxPixels: number;
  /** Long side over short side. */
  readonly maxAspect: number;
}

/**
 * What we pass on to a provider unless its own rules are narrower. Aspect: seed 004, "between 1:4 and 4:1". Side: WebP ends
 * at 16383, and graphics cards at 16384. Pixels: ours, 400 MB once decoded; a bigger file is a mistake or a bomb.
 */
export const FRAME_LIMITS: FrameLimits = { maxSide: 16_384, maxPixels: 100_000_000, maxAspect: 4 };

/**
 * What a start frame is, from its bytes alone; its name and its declared type do not count. The file's structure is walked
 * to its end, so a cut upload is refused; pixels are never decoded, so a decompression bomb costs nothing and a picture that
 * is damaged inside its compressed data passes. How many bytes a frame may have is the caller's to check, before it reads.
 *
 * @param bytes the whole file
 * @throws InvalidFrame, and nothing else, whatever the bytes; the message is a sentence for the person who dropped the file
 */
export const inspectFrame = (bytes: Uint8Array, limits: FrameLimits = FRAME_LIMITS): FrameFacts => {
  const facts = readFacts(bytes);
  checkLimits(facts, limits);
  return facts;
};

// image-size 2.1.0 (Node's usual library for this) is what the tests compare with, not what runs here. Completeness needs the
// walk, and the walk stands on the size. And image-size refuses legal JPEGs (fill bytes before a marker), takes 3 s to
// give up on a hostile 30 MB one (2026-11-21, Node 24), and reads through a global list of twenty other formats.
const readFacts = (bytes: Uint8Array): FrameFacts => {
  const start = textAt(bytes, 0, 12);
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return { mimeType: 'image/png', ...readPng(bytes) };
  if (start.startsWith('\xff\xd8\xff')) return { mimeType: 'image/jpeg', ...readJpeg(bytes) };
  if (start.startsWith('RIFF') && start.startsWith('WEBP', 8))
    return { mimeType: 'image/webp', ...readWebp(bytes) };
  throw new InvalidFrame(
    bytes.length === 0
      ? 'The file is empty.'
      : `The file is ${describeBytes(bytes)}, not a PNG, JPEG or WebP picture.`,
  );
};

const checkLimits = ({ width, height }: FrameFacts, { maxSide, maxPixels, maxAspect }: FrameLimits): void => {
  const size = `The picture is ${width} × ${height} pixels`;
  if (width === 0 || height === 0) throw new InvalidFrame(`${size}: it has no area.`);
  if (Math.max(width, height) > maxSide)
    throw new InvalidFrame(`${size}; a side may have ${maxSide} at most.`);
  if (width * height > maxPixels) {
    throw new InvalidFrame(`${size}; it may have ${maxPixels / 1_000_000} megapixels at most.`);
  }
  if (Math.max(width, height) > maxAspect * Math.min(width, height)) {
    throw new InvalidFrame(`${size}; its shape must lie between 1:${maxAspect} and ${maxAspect}:1.`);
  }
};
