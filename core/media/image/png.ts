import { crc32 } from 'node:zlib';
import { InvalidFrame } from '../../kernel/errors.ts';
import { textAt } from '../content-sniff.ts';
import { readOrientation } from './exif-orientation.ts';
import type { PictureSize } from './picture-size.ts';

const SIGNATURE_BYTES = 8;
const HEADER_BYTES = 13;

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  readonly end: number;
}

/**
 * Size of a whole PNG: every chunk from IHDR to IEND in bounds, those a decoder needs with a right checksum, some picture
 * data. An animated PNG counts as its default picture. What follows IEND is ignored, as decoders do.
 *
 * @throws InvalidFrame
 * @see https://www.w3.org/TR/png-3/#5DataRep
 */
export const readPng = (bytes: Uint8Array): PictureSize => {
  const header = readChunk(bytes, SIGNATURE_BYTES);
  if (header.type === 'CgBI') {
    throw new InvalidFrame(
      'The picture is a PNG rewritten for iOS apps (CgBI), which other programs cannot read.',
    );
  }
  if (header.type !== 'IHDR' || header.data.length !== HEADER_BYTES) {
    throw new InvalidFrame('The PNG picture is damaged: it does not start with its header.');
  }

  let pictureBytes = 0;
  let orientation = 1;
  let chunk = header;
  while (chunk.type !== 'IEND') {
    chunk = readChunk(bytes, chunk.end);
    if (chunk.type === 'IDAT') pictureBytes += chunk.data.length;
    if (chunk.type === 'eXIf') orientation = readOrientation(chunk.data);
  }
  if (pictureBytes === 0) throw new InvalidFrame('The PNG picture is damaged: it holds no picture data.');

  const view = viewOf(header.data);
  return { width: view.getUint32(0), height: view.getUint32(4), orientation };
};

const readChunk = (bytes: Uint8Array, start: number): Chunk => {
  const dataStart = start + 8;
  if (dataStart > bytes.length) throw truncated();
  const view = viewOf(bytes);
  const dataEnd = dataStart + view.getUint32(start);
  if (dataEnd + 4 > bytes.length) throw truncated();

  const type = textAt(bytes, start + 4, 4);
  if (!/^[A-Za-z]{4}$/.test(type)) throw new InvalidFrame('The PNG picture is damaged: a chunk has no name.');
  // Capital first letter: a chunk no decoder can do without. Decoders forgive the others a wrong checksum.
  const isCritical = /^[A-Z]/.test(type);
  if (isCritical && crc32(bytes.subarray(start + 4, dataEnd)) !== view.getUint32(dataEnd)) {
    throw new InvalidFrame(`The PNG picture is damaged: the checksum of its ${type} chunk is wrong.`);
  }
  return { type, data: bytes.subarray(dataStart, dataEnd), end: dataEnd + 4 };
};

const truncated = (): InvalidFrame =>
  new InvalidFrame('The PNG picture is cut short: the file ends before the picture does.');

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
