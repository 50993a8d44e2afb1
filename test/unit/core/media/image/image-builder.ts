import { crc32, deflateSync } from 'node:zlib';

// 24 × 16 pixels, written by Pillow 13.0.0: JPEG with quality=5, optimize=True (progressive=True), WebP with quality=1, lossless=True,
// an alpha channel and EXIF orientation 6 (extended), save_all=True with two pictures (animated).
export const baselineJpeg = fromBase64(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////2wBDAaq0tPDS8P//////////////////////////////////////////////////////////////////////////////wAARCAAQABgDASIAAhEBAxEB/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAECA//EABUQAQEAAAAAAAAAAAAAAAAAAAAR/8QAFgEBAQEAAAAAAAAAAAAAAAAAAQAC/8QAFhEBAQEAAAAAAAAAAAAAAAAAABEB/9oADAMBAAIRAxEAPwDOHFw4qM1MC4BW6//Z',
);
const progressiveJpeg = fromBase64(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////wgALCAAQABgBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAQAC/9oACAEBAAAAAcyz/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQABBQJf/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQAGPwJf/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQABPyFf/9oACAEBAAAAEGv/xAAVEAEBAAAAAAAAAAAAAAAAAAAAEf/aAAgBAQABPxCIiIj/2Q==',
);
export const lossyWebp = fromBase64(
  'UklGRlIAAABXRUJQVlA4IEYAAAAwAwCdASoYABAAP83c52Y/t7EnMAgD8DmJbDuAGMeQAKSEAP6/g4fbuaDsDnM9GL4DgznsyJUXfGutagJOxeNzau3muAAA',
);
export const losslessWebp = fromBase64(
  'UklGRlIAAABXRUJQVlA4TEUAAAAvF8ADAB8gECBjRSokuKCmbQMWF9O+O1rzH/CO4AE1kSRFKw0J75hEBSaQQkhNjIOI/k9AstUf9WnC0VS4BsACcCcA6zMA',
);
export const extendedWebp = fromBase64(
  'UklGRpgAAABXRUJQVlA4WAoAAAAYAAAAFwAADwAAQUxQSAoAAAABB1DAiAhERP8DVlA4IEYAAAAwAwCdASoYABAAP83c52Y/t7EnMAgD8DmJbDuAGMeQAKSEAP6/g4fbuaDsDnM9GL4DgznsyJUXfGutagJOxeNzau3muAAARVhJRhoAAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA==',
);
export const animatedWebp = fromBase64(
  'UklGRswAAABXRUJQVlA4WAoAAAACAAAAFwAADwAAQU5JTQYAAAAAAAAAAABBTk1GTgAAAAAAAAAAABcAAA8AAAAAAAJWUDggNgAAANACAJ0BKhgAEAAvnebzeay/v7+fgZxLYATplABXdwAA/sfR6doHbwnszDdBxsnUBZYMQEAAAEFOTUZKAAAAAAAAAAAAFwAADwAAAAAAAFZQOCAyAAAANAIAnQEqGAAQAC+d5vN5gAAZxLYAToA3yiAA/Zo32nGtFFkxtHzrq/dMrQLkDP8AAAA=',
);
export const smallPng = png(24, 16);
/** Orientation 6 and a thumbnail of another size, as a phone writes them. */
const phoneJpeg = afterStart(baselineJpeg, app1(exif(6), png(4, 4), baselineJpegOfSize(99, 77)));

export const pictures = [
  ['PNG', 'image/png', smallPng, 1],
  ['animated PNG', 'image/png', png(24, 16, pngChunk('acTL', uint32(2), uint32(0))), 1],
  ['PNG with EXIF', 'image/png', png(24, 16, pngChunk('eXIf', exif(8))), 8],
  ['baseline JPEG', 'image/jpeg', baselineJpeg, 1],
  ['progressive JPEG', 'image/jpeg', progressiveJpeg, 1],
  ['JPEG of a phone', 'image/jpeg', phoneJpeg, 6],
  ['lossy WebP', 'image/webp', lossyWebp, 1],
  ['lossless WebP', 'image/webp', losslessWebp, 1],
  ['extended WebP', 'image/webp', extendedWebp, 6],
] as const;

export function png(width: number, height: number, ...extraChunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return join(
    text('\x89PNG\r\n\x1a\n'),
    pngChunk('IHDR', uint32(width), uint32(height), bytesOf(8, 0, 0, 0, 0)),
    ...extraChunks,
    pngChunk('IDAT', deflateSync(new Uint8Array(16 * 25))),
    pngChunk('IEND'),
  );
}

export function pngChunk(type: string, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const data = join(...parts);
  const named = join(text(type), data);
  return join(uint32(data.length), named, uint32(crc32(named)));
}

/** A TIFF block with one entry, the orientation, as EXIF has it. */
export function exif(orientation: number): Uint8Array<ArrayBuffer> {
  const entry = bytesOf(0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0);
  return join(text('MM\0*'), uint32(8), bytesOf(0, 1), entry, uint32(0));
}

export function app1(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const data = join(text('Exif\0\0'), ...parts);
  const length = data.length + 2;
  return join(bytesOf(0xff, 0xe1, length >> 8, length & 0xff), data);
}

export function frameHeader(width: number, height: number): Uint8Array<ArrayBuffer> {
  return bytesOf(0xff, 0xc0, 0, 11, 8, height >> 8, height & 0xff, width >> 8, width & 0xff, 1, 1, 0x11, 0);
}

function baselineJpegOfSize(width: number, height: number): Uint8Array<ArrayBuffer> {
  return join(bytesOf(0xff, 0xd8), frameHeader(width, height), bytesOf(0xff, 0xda, 0, 2, 1, 0xff, 0xd9));
}

export function afterStart(jpeg: Uint8Array, segment: Uint8Array): Uint8Array<ArrayBuffer> {
  return join(jpeg.subarray(0, 2), segment, jpeg.subarray(2));
}

export function changed(bytes: Uint8Array, at: number, value: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[at] = value;
  return copy;
}

function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

export function text(latin1: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(latin1, 'latin1'));
}

export function bytesOf(...bytes: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}

export function uint32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function repeated(bytes: Uint8Array, times: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.alloc(bytes.length * times, bytes));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
