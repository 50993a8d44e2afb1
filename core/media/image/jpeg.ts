import { InvalidFrame } from '../../kernel/errors.ts';
import { textAt } from '../content-sniff.ts';
import { readOrientation } from './exif-orientation.ts';
import type { PictureSize } from './picture-size.ts';

const Marker = { startOfScan: 0xda, endOfImage: 0xd9, app1: 0xe1 } as const;
/** Baseline, extended, progressive: what every decoder reads. */
const COMMON_FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** Lossless, hierarchical and arithmetic-coded JPEG. C4, C8 and CC are tables, not frames. */
const RARE_FRAMES: ReadonlySet<number> = new Set([
  0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf,
]);

type Size = Omit<PictureSize, 'orientation'>;

interface Segment {
  readonly marker: number;
  readonly data: Uint8Array;
  readonly end: number;
}

/**
 * Size of a whole JPEG, baseline or progressive: segments in bounds, a frame header, at least one scan with data, and the
 * end marker. A thumbnail sits inside its APP1 segment and is stepped over. What follows the end marker is allowed: phones
 * append a film to their pictures (Motion Photo), cameras a second picture (MPO).
 *
 * @throws InvalidFrame
 * @see ITU-T T.81 annex B, https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */
export const readJpeg = (bytes: Uint8Array): PictureSize => {
  let size: Size | undefined;
  let orientation = 1;
  let hasScan = false;
  let position = 2;
  for (;;) {
    const segment = readSegment(bytes, position);
    position = segment.end;
    if (segment.marker === Marker.endOfImage) break;
    if (segment.marker === Marker.app1 && textAt(segment.data, 0, 6) === 'Exif\0\0') {
      orientation = readOrientation(segment.data);
    }
    size = sizeAfter(segment, size);
    if (segment.marker === Marker.startOfScan) {
      if (!size) throw new InvalidFrame('The JPEG picture is damaged: a scan comes before the frame header.');
      const scanEnd = endOfScan(bytes, position);
      hasScan ||= scanEnd > position;
      position = scanEnd;
    }
  }
  if (!size || !hasScan) throw new InvalidFrame('The JPEG picture is damaged: it holds no picture data.');
  return { ...size, orientation };
};

/** The size that a frame header states; after any other segment the size so far. */
const sizeAfter = ({ marker, data }: Segment, size: Size | undefined): Size | undefined => {
  if (RARE_FRAMES.has(marker))
    throw new InvalidFrame(
      'The picture is a rare kind of JPEG (lossless, hierarchical or arithmetic-coded).',
    );
  if (!COMMON_FRAMES.has(marker)) return size;
  if (size) throw new InvalidFrame('The JPEG picture is damaged: it has two frame headers.');
  return readFrameHeader(data);
};

const readSegment = (bytes: Uint8Array, start: number): Segment => {
  let position = start;
  // Any number of FF may come before a marker (T.81 B.1.1.2).
  while (bytes[position] === 0xff && bytes[position + 1] === 0xff) position += 1;
  const marker = bytes[position + 1];
  if (marker === undefined) throw truncated();
  if (bytes[position] !== 0xff || marker < 0xc0) {
    throw new InvalidFrame('The JPEG picture is damaged: its parts do not follow each other.');
  }

  const dataStart = position + 4;
  if (marker === Marker.endOfImage) return { marker, data: new Uint8Array(), end: position + 2 };
  if (dataStart > bytes.length) throw truncated();
  const length = ((bytes[position + 2] ?? 0) << 8) | (bytes[position + 3] ?? 0);
  const end = position + 2 + length;
  if (length < 2) throw new InvalidFrame('The JPEG picture is damaged: a part has no length.');
  if (end > bytes.length) throw truncated();
  return { marker, data: bytes.subarray(dataStart, end), end };
};

const readFrameHeader = (data: Uint8Array): Size => {
  const [, heightHigh, heightLow, widthHigh, widthLow, components] = data;
  if (
    heightHigh === undefined ||
    heightLow === undefined ||
    widthHigh === undefined ||
    widthLow === undefined
  ) {
    throw new InvalidFrame('The JPEG picture is damaged: its frame header is too short.');
  }
  if (components === undefined || data.length < 6 + 3 * components) {
    throw new InvalidFrame('The JPEG picture is damaged: its frame header is too short.');
  }
  return { width: (widthHigh << 8) | widthLow, height: (heightHigh << 8) | heightLow };
};

/** Where the entropy-coded data stops: at the first FF that is neither a stuffed byte (FF 00) nor a restart (FF D0–D7). */
const endOfScan = (bytes: Uint8Array, start: number): number => {
  for (let position = start; position + 1 < bytes.length; position += 1) {
    if (bytes[position] !== 0xff) continue;
    const next = bytes[position + 1] ?? 0;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return position;
  }
  throw truncated();
};

const truncated = (): InvalidFrame =>
  new InvalidFrame('The JPEG picture is cut short: the file ends before the picture does.');
