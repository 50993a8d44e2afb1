import { textAt } from '../content-sniff.ts';

const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;

/**
 * How a viewer turns the stored picture: 1 (as stored) to 8; 5 to 8 swap width and height. 1 when the block does not say,
 * for broken EXIF is no reason to refuse a picture.
 *
 * @param exif the EXIF block of an APP1 segment, an `eXIf` or an `EXIF` chunk, with or without its `Exif\0\0` prefix
 * @see CIPA DC-008 (EXIF 3.0) §4.6.5, TIFF 6.0 §2 (header, IFD entries of 12 bytes)
 */
export const readOrientation = (exif: Uint8Array): number => {
  const tiff = textAt(exif, 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
  const order = textAt(tiff, 0, 2);
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return 1;

  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const littleEndian = order === 'II';
  const directory = view.getUint32(4, littleEndian);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, littleEndian);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + entry * ENTRY_BYTES;
    if (at + ENTRY_BYTES > tiff.length) return 1;
    if (view.getUint16(at, littleEndian) !== ORIENTATION_TAG) continue;
    const orientation = view.getUint16(at + 8, littleEndian);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
};
