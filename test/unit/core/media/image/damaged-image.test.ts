import fc from 'fast-check';
import { InvalidFrame } from '../../../../../core/kernel/errors.ts';
import { describeBytes } from '../../../../../core/media/content-sniff.ts';
import { FRAME_LIMITS, inspectFrame } from '../../../../../core/media/image/inspect-image.ts';
import {
  afterStart,
  animatedWebp,
  baselineJpeg,
  bytesOf,
  changed,
  extendedWebp,
  frameHeader,
  join,
  losslessWebp,
  lossyWebp,
  pictures,
  pngChunk,
  repeated,
  smallPng,
  text,
  uint32,
} from './image-builder.ts';

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
