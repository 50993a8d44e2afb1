import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { imageSize } from 'image-size';
import { InvalidFrame } from '../../../../../core/kernel/errors.ts';
import { describeBytes } from '../../../../../core/media/content-sniff.ts';
import { FRAME_LIMITS, inspectFrame } from '../../../../../core/media/image/inspect-image.ts';

// 24 × 16 pixels, written by Pillow 13.0.0: JPEG with quality=5, optimize=True (progressive=True), WebP with quality=1, lossless=True,
// an alpha channel and EXIF orientation 6 (extended), save_all=True with two pictures (animated).
const baselineJpeg = fromBase64(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////2wBDAaq0tPDS8P//////////////////////////////////////////////////////////////////////////////wAARCAAQABgDASIAAhEBAxEB/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAECA//EABUQAQEAAAAAAAAAAAAAAAAAAAAR/8QAFgEBAQEAAAAAAAAAAAAAAAAAAQAC/8QAFhEBAQEAAAAAAAAAAAAAAAAAABEB/9oADAMBAAIRAxEAPwDOHFw4qM1MC4BW6//Z',
);
const progressiveJpeg = fromBase64(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////wgALCAAQABgBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAQAC/9oACAEBAAAAAcyz/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQABBQJf/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQAGPwJf/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQABPyFf/9oACAEBAAAAEGv/xAAVEAEBAAAAAAAAAAAAAAAAAAAAEf/aAAgBAQABPxCIiIj/2Q==',
);
const lossyWebp = fromBase64(
  'UklGRlIAAABXRUJQVlA4IEYAAAAwAwCdASoYABAAP83c52Y/t7EnMAgD8DmJbDuAGMeQAKSEAP6/g4fbuaDsDnM9GL4DgznsyJUXfGutagJOxeNzau3muAAA',
);
const losslessWebp = fromBase64(
  'UklGRlIAAABXRUJQVlA4TEUAAAAvF8ADAB8gECBjRSokuKCmbQMWF9O+O1rzH/CO4AE1kSRFKw0J75hEBSaQQkhNjIOI/k9AstUf9WnC0VS4BsACcCcA6zMA',
);
const extendedWebp = fromBase64(
  'UklGRpgAAABXRUJQVlA4WAoAAAAYAAAAFwAADwAAQUxQSAoAAAABB1DAiAhERP8DVlA4IEYAAAAwAwCdASoYABAAP83c52Y/t7EnMAgD8DmJbDuAGMeQAKSEAP6/g4fbuaDsDnM9GL4DgznsyJUXfGutagJOxeNzau3muAAARVhJRhoAAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA==',
);
const animatedWebp = fromBase64(
  'UklGRswAAABXRUJQVlA4WAoAAAACAAAAFwAADwAAQU5JTQYAAAAAAAAAAABBTk1GTgAAAAAAAAAAABcAAA8AAAAAAAJWUDggNgAAANACAJ0BKhgAEAAvnebzeay/v7+fgZxLYATplABXdwAA/sfR6doHbwnszDdBxsnUBZYMQEAAAEFOTUZKAAAAAAAAAAAAFwAADwAAAAAAAFZQOCAyAAAANAIAnQEqGAAQAC+d5vN5gAAZxLYAToA3yiAA/Zo32nGtFFkxtHzrq/dMrQLkDP8AAAA=',
);
const smallPng = png(24, 16);
/** Orientation 6 and a thumbnail of another size, as a phone writes them. */
const phoneJpeg = afterStart(baselineJpeg, app1(exif(6), png(4, 4), baselineJpegOfSize(99, 77)));

const pictures = [
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

describe('a damaged picture is refused', () => {
  const header = smallPng.subarray(0, 33);
  const end = pngChunk('IEND');
  const withoutScan = join(baselineJpeg.subarray(0, baselineJpeg.lastIndexOf(0xda) - 1), bytesOf(0xff, 0xd9));
  test.each([
    ['PNG header checksum', 'checksum of its IHDR', changed(smallPng, 19, 25)],
    ['PNG data checksum', 'checksum of its IDAT', changed(smallPng, 45, 0)],
    ['PNG without data', 'no picture data', join(header, end)],
    ['PNG without an end', 'cut short', join(header, pngChunk('IDAT', bytesOf(1, 2, 3)))],
    ['PNG with an endless chunk', 'cut short', join(header, uint32(0xffffffff), text('IDAT'))],
    ['PNG without a header', 'header', join(header.subarray(0, 8), pngChunk('IDAT', bytesOf(1)), end)],
    [
      'PNG for iOS',
      'CgBI',
      join(header.subarray(0, 8), pngChunk('CgBI', uint32(1)), header.subarray(8), end),
    ],
    ['JPEG without a scan', 'no picture data', withoutScan],
    ['JPEG with two frames', 'two frame headers', afterStart(baselineJpeg, frameHeader(24, 16))],
    ['JPEG, lossless', 'rare kind', afterStart(baselineJpeg, bytesOf(0xff, 0xc3, 0, 2))],
    ['JPEG with a gap', 'do not follow', afterStart(baselineJpeg, bytesOf(0xff, 0xe0, 0, 2, 7, 7))],
    ['JPEG with a reserved marker', 'do not follow', afterStart(baselineJpeg, bytesOf(0xff, 0x02, 0, 2))],
    ['JPEG with a part of no length', 'no length', afterStart(baselineJpeg, bytesOf(0xff, 0xe0, 0, 0))],
    ['WebP, animated', 'animated WebP', animatedWebp],
    ['WebP with two sizes', 'size differ', changed(extendedWebp, 24, 0x18)],
    ['WebP, lossy, no start code', 'VP8 header', changed(lossyWebp, 23, 0)],
    ['WebP, lossy, between key frames', 'VP8 header', changed(lossyWebp, 20, 0x31)],
    ['WebP, lossy, short partition', 'incomplete', changed(lossyWebp, 22, 0xff)],
    ['WebP, lossless, no signature', 'VP8L header', changed(losslessWebp, 20, 0)],
    ['WebP with a chunk too long', 'longer than', changed(lossyWebp, 17, 1)],
    ['WebP without a picture', 'no picture data', changed(lossyWebp, 12, 0x58)],
  ])('%s', (_name, message, bytes) => {
    expect(() => inspectFrame(bytes)).toThrow(InvalidFrame);
    expect(() => inspectFrame(bytes)).toThrow(message);
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

describe('whatever the bytes, facts within limits or InvalidFrame', () => {
  const holds = (bytes: Uint8Array): void => {
    try {
      const { width, height, orientation } = inspectFrame(bytes);
      expect(Math.min(width, height)).toBeGreaterThan(0);
      expect(Math.max(width, height)).toBeLessThanOrEqual(FRAME_LIMITS.maxSide);
      expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(orientation);
    } catch (error) {
      if (!(error instanceof InvalidFrame)) throw error;
    }
  };

  test('random bytes behind the start of a picture', () => {
    const starts = [
      new Uint8Array(),
      ...pictures.flatMap(([, , bytes]) => [bytes.subarray(0, 12), bytes.subarray(0, 40)]),
    ];
    const bytes = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(bytes, ([start, rest]) => holds(join(start, rest))),
      { numRuns: 2000 },
    );
  });

  test('a real picture with some bytes replaced by others, or by none', () => {
    const picture = fc.constantFrom(...pictures.map(([, , bytes]) => bytes));
    const change = fc.record({ at: fc.nat(400), removed: fc.nat(5), added: fc.uint8Array({ maxLength: 5 }) });
    fc.assert(
      fc.property(picture, fc.array(change, { minLength: 1, maxLength: 4 }), (bytes, changes) => {
        const mutated = changes.reduce(
          (result, { at, removed, added }) =>
            join(result.subarray(0, at), added, result.subarray(at + removed)),
          bytes,
        );
        holds(mutated);
      }),
      { numRuns: 5000 },
    );
  });

  test('any bytes can be described', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => describeBytes(bytes).length > 0));
  });

  test.each([
    ['fill bytes', join(bytesOf(0xff, 0xd8), new Uint8Array(8_000_000).fill(0xff))],
    ['empty parts', join(bytesOf(0xff, 0xd8), repeated(bytesOf(0xff, 0xe0, 0, 2), 2_000_000))],
    ['empty chunks', join(smallPng.subarray(0, 33), repeated(pngChunk('teXt'), 600_000))],
  ])('eight megabytes of %s take no time worth attacking', (_name, bytes) => {
    // Time of the processor, not of the clock: other tests run beside this one.
    const start = process.cpuUsage();
    expect(() => inspectFrame(bytes)).toThrow('cut short');
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(3000); // measured: 0.3 s at most
  });
});

function png(width: number, height: number, ...extraChunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return join(
    text('\x89PNG\r\n\x1a\n'),
    pngChunk('IHDR', uint32(width), uint32(height), bytesOf(8, 0, 0, 0, 0)),
    ...extraChunks,
    pngChunk('IDAT', deflateSync(new Uint8Array(16 * 25))),
    pngChunk('IEND'),
  );
}

function pngChunk(type: string, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const data = join(...parts);
  const named = join(text(type), data);
  return join(uint32(data.length), named, uint32(crc32(named)));
}

/** A TIFF block with one entry, the orientation, as EXIF has it. */
function exif(orientation: number): Uint8Array<ArrayBuffer> {
  const entry = bytesOf(0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0);
  return join(text('MM\0*'), uint32(8), bytesOf(0, 1), entry, uint32(0));
}

function app1(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const data = join(text('Exif\0\0'), ...parts);
  const length = data.length + 2;
  return join(bytesOf(0xff, 0xe1, length >> 8, length & 0xff), data);
}

function frameHeader(width: number, height: number): Uint8Array<ArrayBuffer> {
  return bytesOf(0xff, 0xc0, 0, 11, 8, height >> 8, height & 0xff, width >> 8, width & 0xff, 1, 1, 0x11, 0);
}

function baselineJpegOfSize(width: number, height: number): Uint8Array<ArrayBuffer> {
  return join(bytesOf(0xff, 0xd8), frameHeader(width, height), bytesOf(0xff, 0xda, 0, 2, 1, 0xff, 0xd9));
}

function afterStart(jpeg: Uint8Array, segment: Uint8Array): Uint8Array<ArrayBuffer> {
  return join(jpeg.subarray(0, 2), segment, jpeg.subarray(2));
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[at] = value;
  return copy;
}

function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function text(latin1: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(latin1, 'latin1'));
}

function bytesOf(...bytes: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}

function uint32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function repeated(bytes: Uint8Array, times: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.alloc(bytes.length * times, bytes));
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
