import { InvalidFrame } from '../../kernel/errors.ts';
import { textAt } from '../content-sniff.ts';
import { readOrientation } from './exif-orientation.ts';
import type { PictureSize } from './picture-size.ts';

const FIRST_CHUNK = 12;
const ANIMATION_FLAG = 0x02;

type Size = Omit<PictureSize, 'orientation'>;

/**
 * Size of a whole still WebP, lossy (VP8), lossless (VP8L) or extended (VP8X): the declared length is there, every chunk
 * lies within it, and a bitstream says the same size as the canvas (libwebp refuses others). What follows is ignored.
 *
 * @throws InvalidFrame also for an animation: a start frame is one picture.
 * @see https://developers.google.com/speed/webp/docs/riff_container, RFC 6386 §9.1, RFC 9649 §3.4
 */
export const readWebp = (bytes: Uint8Array): PictureSize => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length < FIRST_CHUNK ? Number.POSITIVE_INFINITY : 8 + view.getUint32(4, true);
  if (end > bytes.length) throw truncated();

  let canvas: Size | undefined;
  let picture: Size | undefined;
  let orientation = 1;
  let position = FIRST_CHUNK;
  while (position + 8 <= end) {
    const type = textAt(bytes, position, 4);
    const dataEnd = position + 8 + view.getUint32(position + 4, true);
    if (dataEnd > end) throw damaged('a part is longer than the file says it is');
    const data = bytes.subarray(position + 8, dataEnd);

    if (type === 'VP8X' && position === FIRST_CHUNK) canvas = readCanvas(data);
    picture ??= readBitstream(type, data);
    if (type === 'EXIF') orientation = readOrientation(data);
    position = dataEnd + (dataEnd % 2); // chunks are padded to an even length, the first starts at an even offset
  }
  if (!picture) throw damaged('it holds no picture data');
  if (canvas && !isSameSize(canvas, picture)) throw damaged('its two statements of the size differ');
  return { ...picture, orientation };
};

/** The size that a bitstream states; nothing of any other chunk. */
const readBitstream = (type: string, data: Uint8Array): Size | undefined => {
  if (type === 'VP8 ') return readLossy(data);
  return type === 'VP8L' ? readLossless(data) : undefined;
};

const isSameSize = (one: Size, other: Size): boolean =>
  one.width === other.width && one.height === other.height;

const readCanvas = (data: Uint8Array): Size => {
  if (data.length < 10) throw damaged('its header is too short');
  if ((byteAt(data, 0) & ANIMATION_FLAG) !== 0) {
    throw new InvalidFrame('The picture is an animated WebP; a start frame is one still picture.');
  }
  return { width: 1 + uint24(data, 4), height: 1 + uint24(data, 7) };
};

const readLossy = (data: Uint8Array): Size => {
  const frameTag = uint24(data, 0);
  const isKeyFrame = (frameTag & 1) === 0;
  const firstPartitionBytes = frameTag >> 5;
  if (data.length < 10 || !isKeyFrame || textAt(data, 3, 3) !== '\x9d\x01\x2a')
    throw damaged('its VP8 header is wrong');
  if (10 + firstPartitionBytes > data.length) throw damaged('its picture data is incomplete');
  // 14 bits of size and 2 of an upscaling hint
  return { width: uint24(data, 6) & 0x3fff, height: (byteAt(data, 8) | (byteAt(data, 9) << 8)) & 0x3fff };
};

const readLossless = (data: Uint8Array): Size => {
  const bits = uint24(data, 1) | (byteAt(data, 4) << 24);
  const version = bits >>> 29;
  if (data.length <= 5 || data[0] !== 0x2f || version !== 0) throw damaged('its VP8L header is wrong');
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
};

/** 0 behind the end: the callers check the length in the same breath. */
const byteAt = (data: Uint8Array, at: number): number => data[at] ?? 0;

const uint24 = (data: Uint8Array, at: number): number =>
  byteAt(data, at) | (byteAt(data, at + 1) << 8) | (byteAt(data, at + 2) << 16);

const damaged = (what: string): InvalidFrame => new InvalidFrame(`The WebP picture is damaged: ${what}.`);

const truncated = (): InvalidFrame =>
  new InvalidFrame('The WebP picture is cut short: the file ends before the picture does.');
