import { imageSize } from 'image-size';
import { InvalidFrame } from '../../../../../core/kernel/errors.ts';
import { describeBytes } from '../../../../../core/media/content-sniff.ts';
import { FRAME_LIMITS, inspectFrame } from '../../../../../core/media/image/inspect-image.ts';
import {
  afterStart,
  app1,
  baselineJpeg,
  bytesOf,
  changed,
  exif,
  extendedWebp,
  frameHeader,
  join,
  pictures,
  png,
  smallPng,
  text,
  uint32,
} from './image-builder.ts';

describe('a picture', () => {
  test.each(pictures)('%s is recognised by its content', (_name, mimeType, bytes, orientation) => {
    expect(inspectFrame(bytes)).toEqual({ mimeType, width: 24, height: 16, orientation });
  });

  test.each(pictures)('%s has the size that image-size reads', (_name, _mimeType, bytes) => {
    const { width, height } = imageSize(bytes);
    expect(inspectFrame(bytes)).toMatchObject({ width, height });
  });

  test.each(pictures)('%s is refused when it is cut anywhere', (_name, _mimeType, bytes) => {
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => inspectFrame(bytes.subarray(0, length))).toThrow(InvalidFrame);
    }
  });

  test.each(pictures)('%s may have something behind it, as a Motion Photo has', (_name, mimeType, bytes) => {
    expect(inspectFrame(join(bytes, text('....ftypmp42 a short film')))).toMatchObject({
      mimeType,
      width: 24,
    });
  });

  test.each(pictures)('%s is read from the middle of a larger buffer', (_name, mimeType, bytes) => {
    const larger = join(text('before'), bytes, text('after'));
    const view = larger.subarray(6, 6 + bytes.length);
    expect(inspectFrame(view)).toMatchObject({ mimeType, width: 24, height: 16 });
  });

  test('a JPEG may have fill bytes before a marker, which image-size does not know', () => {
    const filled = join(baselineJpeg.subarray(0, 2), bytesOf(0xff, 0xff, 0xff), baselineJpeg.subarray(2));
    expect(inspectFrame(filled)).toMatchObject({ width: 24, height: 16 });
    expect(() => imageSize(filled)).toThrow();
  });

  test('the data of a JPEG may hold stuffed bytes and restart markers', () => {
    const data = bytesOf(1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff, 0xff, 0xd7, 4);
    const jpeg = join(
      bytesOf(0xff, 0xd8),
      frameHeader(5, 6),
      bytesOf(0xff, 0xda, 0, 2),
      data,
      bytesOf(0xff, 0xd9),
    );
    expect(inspectFrame(jpeg)).toMatchObject({ width: 5, height: 6 });
  });

  test('a WebP may hold unknown chunks of odd length, padded', () => {
    const webp = join(extendedWebp.subarray(0, 30), text('ABCD\x01\0\0\0!\0'), extendedWebp.subarray(30));
    expect(inspectFrame(changed(webp, 4, extendedWebp.length - 8 + 10))).toMatchObject({
      width: 24,
      orientation: 6,
    });
  });

  test.each([
    ['of another kind', text('Exif\0\0nonsense')],
    ['that points outside itself', join(text('Exif\0\0MM\0*'), uint32(0xfffffff0))],
    ['with an impossible orientation', exif(77)],
  ])('EXIF %s is no reason to refuse a picture', (_name, block) => {
    expect(inspectFrame(afterStart(baselineJpeg, app1(block))).orientation).toBe(1);
  });
});

describe('what is no picture is named', () => {
  test.each([
    ['The file is empty.', new Uint8Array()],
    ['The file is plain text, not a PNG, JPEG or WebP picture.', text('Hello, world')],
    ['The file is an HTML page', text('\n <!DOCTYPE html><html></html>')],
    ['The file is JSON text', text('{"error":"not found"}')],
    ['The file is an XML document', text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')],
    ['The file is an SVG drawing', text('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['The file is a GIF picture', text('GIF89a\x18\0\x10\0')],
    ['The file is a BMP picture', text('BM\x99\0\0\0\0\0\0\0')],
    ['The file is a HEIC picture', join(uint32(24), text('ftypheic\0\0\0\0mif1heic'))],
    ['The file is an AVIF picture', join(uint32(24), text('ftypavif\0\0\0\0mif1avif'))],
    ['The file is an MP4 video', join(uint32(24), text('ftypisom\0\0\0\0isommp42'))],
    ['The file is a QuickTime video', join(uint32(20), text('ftypqt  \0\0\0\0qt  '))],
    ['The file is a WebM or Matroska video', bytesOf(0x1a, 0x45, 0xdf, 0xa3, 1)],
    ['The file is a PDF document', text('%PDF-1.7')],
    ['The file is an AVI video', text('RIFF\0\0\0\0AVI LIST')],
    ['The file is unknown binary data (it starts with 00 01 02 03)', bytesOf(0, 1, 2, 3)],
  ])('%s', (message, bytes) => {
    expect(() => inspectFrame(bytes)).toThrow(message);
  });

  test('a text is not quoted: it may hold a signed URL', () => {
    expect(describeBytes(text('https://example.com/?X-Amz-Signature=secret'))).toBe('plain text');
  });

  test('a text that is cut inside a character is still a text', () => {
    const bytes = new TextEncoder().encode('première image');
    expect(describeBytes(bytes.subarray(0, 6))).toBe('plain text');
  });
});

describe('a picture within limits', () => {
  test.each([
    [4096, 1024],
    [1024, 4096],
    [1, 1],
    [16_384, 6103],
  ])('%d × %d is accepted', (width, height) => {
    expect(inspectFrame(png(width, height))).toMatchObject({ width, height });
  });

  test.each([
    [0, 10, 'no area'],
    [10, 0, 'no area'],
    [4097, 1024, 'between 1:4 and 4:1'],
    [1024, 4097, 'between 1:4 and 4:1'],
    [16_385, 5000, '16384 at most'],
    [16_384, 6104, '100 megapixels at most'],
    [65_535, 65_535, '16384 at most'],
    [0xffffffff, 0xffffffff, '16384 at most'],
  ])('%d × %d is refused, undecoded', (width, height, message) => {
    expect(() => inspectFrame(png(width, height))).toThrow(message);
  });

  test('a provider may have narrower ones', () => {
    expect(() => inspectFrame(smallPng, { ...FRAME_LIMITS, maxAspect: 1.4 })).toThrow('1:1.4 and 1.4:1');
  });
});
