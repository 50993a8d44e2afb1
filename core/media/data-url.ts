import { InvalidVideo } from '../kernel/errors.ts';

/** Characters decoded at once; a multiple of four, so that each slice is base64 by itself: 192 KiB of bytes. */
const SLICE_CHARACTERS = 256 * 1024;

/** Of what stands before the comma. */
const LONGEST_HEAD = 200;

export interface DataUrl {
  /** `video/mp4`, without parameters; as declared. */
  readonly mediaType: string;
  /** Length once decoded. */
  readonly bytes: number;
  /** The bytes, decoded slice by slice as they are asked for. */
  readonly slices: Iterable<Uint8Array>;
}

export const isDataUrl = (url: string): boolean => /^data:/i.test(url);

/**
 * Reads `data:video/mp4;base64,…`, in either alphabet, padded or not, wrapped in lines or not. Throws `InvalidVideo`, here or
 * from `slices`, for anything else.
 */
export const readDataUrl = (url: string): DataUrl => {
  const comma = url.indexOf(',');
  const head = url.slice(0, comma < 0 ? 0 : Math.min(comma, LONGEST_HEAD));
  const [, mediaType = '', isBase64] = /^data:([^;,]*)(?:;[^,]*?)??(;base64)?$/i.exec(head) ?? [];
  if (isBase64 === undefined) throw new InvalidVideo('The video inside the answer is not base64.');
  const text = plain(url.slice(comma + 1));
  const padding = /=*$/.exec(text.slice(-4))?.[0].length ?? 0;
  const length = text.length - padding;
  if (length % 4 === 1) throw new InvalidVideo('The video inside the answer is cut.');
  return { mediaType, bytes: Math.floor((length * 3) / 4), slices: slicesOf(text.slice(0, length)) };
};

/** What may stand between the characters that count. The tests come first: a copy of 25 MB is not free. */
const plain = (text: string): string => {
  const unescaped = text.includes('%')
    ? text.replace(/%2b/gi, '+').replace(/%2f/gi, '/').replace(/%3d/gi, '=')
    : text;
  return /\s/.test(unescaped) ? unescaped.replace(/\s+/g, '') : unescaped;
};

function* slicesOf(text: string): Generator<Uint8Array> {
  for (let start = 0; start < text.length; start += SLICE_CHARACTERS) {
    const slice = text.slice(start, start + SLICE_CHARACTERS);
    // Node skips what is no base64; a text that is none must not become a shorter video.
    if (!/^[\w+/-]*$/.test(slice)) throw new InvalidVideo('The video inside the answer is not base64.');
    yield Buffer.from(slice, 'base64');
  }
}
