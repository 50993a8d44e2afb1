/** Bytes as Latin-1 text: signatures and four-letter box and chunk names. Shorter where the bytes end. */
export const textAt = (bytes: Uint8Array, start: number, length: number): string => {
  return String.fromCharCode(...bytes.subarray(start, start + length));
};

/** Words for what starts with these letters; the first that fits wins. Signatures: https://en.wikipedia.org/wiki/List_of_file_signatures */
const SIGNATURES: readonly (readonly [signature: string, words: string])[] = [
  ['\x89PNG\r\n\x1a\n', 'a PNG picture'],
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['GIF8', 'a GIF picture'],
  ['II*\0', 'a TIFF or camera raw picture'],
  ['MM\0*', 'a TIFF or camera raw picture'],
  ['8BPS', 'a Photoshop document'],
  ['\xff\x0a', 'a JPEG XL picture'],
  ['\0\0\0\x0cJXL ', 'a JPEG XL picture'],
  ['\0\0\0\x0cjP  ', 'a JPEG 2000 picture'],
  ['\0\0\x01\0', 'an icon'],
  ['%PDF', 'a PDF document'],
  ['%!PS', 'a PostScript document'],
  ['\x1aE\xdf\xa3', 'a WebM or Matroska video'],
  ['FLV\x01', 'a Flash video'],
  ['OggS', 'an Ogg file'],
  ['ID3', 'an MP3 file'],
  ['PK\x03\x04', 'a ZIP archive (or an Office document)'],
  ['\x1f\x8b', 'gzip-compressed data'],
  ['\x28\xb5\x2f\xfd', 'Zstandard-compressed data'],
  ['#EXTM3U', 'an HLS playlist'],
];

const RIFF_FORMS: Readonly<Record<string, string>> = {
  WEBP: 'a WebP picture',
  'AVI ': 'an AVI video',
  WAVE: 'a WAV sound',
};

/** Major brands of the box family MP4 belongs to; any other brand is taken for an MP4. Registry: https://mp4ra.org/registered-types/brands */
const PICTURE_BRANDS: Readonly<Record<string, string>> = {
  heic: 'a HEIC picture',
  heix: 'a HEIC picture',
  heim: 'a HEIC picture',
  heis: 'a HEIC picture',
  hevc: 'a HEIC picture',
  hevx: 'a HEIC picture',
  mif1: 'a HEIF picture',
  msf1: 'a HEIF picture',
  avif: 'an AVIF picture',
  avis: 'an AVIF picture',
};

/** What a picture in MP4's box family calls itself, from the major brand of its `ftyp`; undefined for a film. */
export const pictureOfBrand = (brand: string): string | undefined =>
  Object.hasOwn(PICTURE_BRANDS, brand) ? PICTURE_BRANDS[brand] : undefined;

/** Enough for every signature and for the `<svg` behind an XML prologue. */
const HEAD_BYTES = 1024;

/**
 * What the bytes seem to be, in words that continue "this is …": `an HTML page`, `a HEIC picture`, `empty`. For messages
 * only; it looks at the first kilobyte, works with fewer bytes, quotes nothing but the first bytes of unknown binary data
 * (a text may hold a signed URL), and never throws.
 */
export const describeBytes = (head: Uint8Array): string => {
  if (head.length === 0) return 'empty';
  const bytes = head.subarray(0, HEAD_BYTES);
  const start = textAt(bytes, 0, 16);
  const known = SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (known) return known[1];
  if (start.startsWith('BM') && start.startsWith('\0\0\0\0', 6)) return 'a BMP picture';
  if (start.startsWith('RIFF')) return RIFF_FORMS[start.slice(8, 12)] ?? 'a RIFF file';
  if (start.startsWith('ftyp', 4)) return describeBrand(start.slice(8, 12));
  return describeText(bytes) ?? `unknown binary data (it starts with ${hex(bytes.subarray(0, 8))})`;
};

const describeBrand = (brand: string): string => {
  return pictureOfBrand(brand) ?? (brand === 'qt  ' ? 'a QuickTime video' : 'an MP4 video');
};

const describeText = (bytes: Uint8Array): string | undefined => {
  const text = decodeText(bytes)?.trimStart().toLowerCase();
  if (text === undefined) return undefined;
  if (text === '') return 'blank text';
  if (text.startsWith('<')) return describeMarkup(text);
  return /^[{[]/.test(text) ? 'JSON text' : 'plain text';
};

const describeMarkup = (text: string): string => {
  if (text.includes('<svg')) return 'an SVG drawing';
  // Eight bytes are all an MP4 inspector may have: `<!doctyp`.
  if (/^<(!doctyp|html|head|body)/.test(text) || text.includes('<html')) return 'an HTML page';
  return 'an XML document';
};

/** UTF-8 or UTF-16 with a byte order mark; undefined when these bytes are no text. */
const decodeText = (bytes: Uint8Array): string | undefined => {
  const mark = textAt(bytes, 0, 2);
  const encoding = mark === '\xff\xfe' ? 'utf-16le' : mark === '\xfe\xff' ? 'utf-16be' : 'utf-8';
  try {
    // stream: the head may end in the middle of a character.
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    return /\p{Cc}/u.test(text.replaceAll(/[\t\n\f\r]/g, '')) ? undefined : text;
  } catch {
    return undefined;
  }
};

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
