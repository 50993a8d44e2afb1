import fc from 'fast-check';
import { InvalidVideo } from '../../../../../core/kernel/errors.ts';
import { Mp4Inspector } from '../../../../../core/media/mp4/mp4-inspector.ts';
import { inspect, video, videos, withUint32 } from './videos.ts';

describe('a damaged video is refused', () => {
  const damaged = (name: string, box: string, at: number, value: number): Buffer =>
    withUint32(video(name), box, at, value);
  test.each([
    ['pictures before the media', 'outside its media', damaged('faststart.mp4', 'stco', 12, 100)],
    ['pictures behind the file', 'beyond the end', damaged('faststart.mp4', 'stco', 12, 5000)],
    ['pictures behind the media', 'outside its media', damaged('moov-last.mp4', 'stco', 12, 60)],
    ['more pictures than sizes', 'is too short', damaged('faststart.mp4', 'stsz', 12, 0xffffffff)],
    ['fewer pictures than chunks hold', 'contradict', damaged('faststart.mp4', 'stsz', 12, 7)],
    ['2^32 pictures of 4 GB', 'contradict', damagedSizes()],
    ['no pictures', 'contradict', damaged('faststart.mp4', 'stsz', 12, 0)],
    ['2^32 chunks', 'is too short', damaged('faststart.mp4', 'stco', 8, 0xffffffff)],
    ['2^32 runs', 'is too short', damaged('faststart.mp4', 'stsc', 8, 0xffffffff)],
    ['no runs', 'contradict', damaged('faststart.mp4', 'stsc', 8, 0)],
    ['a track that leaves the movie', 'reaches out of', damaged('faststart.mp4', 'trak', -4, 4000)],
    ['a track smaller than its header', 'impossible size', damaged('faststart.mp4', 'trak', -4, 4)],
    ['no coding', 'no "stsd"', damaged('faststart.mp4', 'stsd', 0, 0x66726565)],
    ['a fragment of 2^32 pictures', 'is too short', damaged('fragmented.mp4', 'trun', 8, 0xffffffff)],
    [
      'a fragment that points behind the file',
      'beyond the end',
      damaged('fragmented.mp4', 'trun', 12, 0x7ffffff0),
    ],
    [
      'a fragment that points before the media',
      'outside its media',
      damaged('fragmented.mp4', 'trun', 12, 8),
    ],
    ['a media box beyond 2^53', 'impossible size', hugeMedia()],
  ])('%s', (_name, message, bytes) => {
    expect(() => inspect(bytes)).toThrow(InvalidVideo);
    expect(() => inspect(bytes)).toThrow(message);
  });

  test('a movie header larger than allowed is refused before it arrives', () => {
    const inspector = new Mp4Inspector({ maxHeaderBytes: 800 });
    const bytes = video('faststart.mp4');
    expect(() => inspector.push(bytes.subarray(0, bytes.indexOf('moov') + 4))).toThrow(
      '"moov" box is longer than 800',
    );
  });

  test('a movie header without an end is refused where it grows too large', () => {
    const inspector = new Mp4Inspector({ maxHeaderBytes: 800 });
    const bytes = withUint32(video('faststart.mp4'), 'moov', -4, 0);
    expect(() => inspector.push(bytes)).toThrow('"moov" box is longer than 800');
  });

  test('millions of empty boxes are refused', () => {
    const inspector = new Mp4Inspector();
    inspector.push(video('faststart.mp4'));
    expect(() => inspector.push(Buffer.alloc(8_100_000, '\0\0\0\x08free'))).toThrow(
      'more than 1000000 boxes',
    );
  });
});

describe('whatever the bytes, facts or InvalidVideo', () => {
  const anyVideo = fc.constantFrom(...[...videos].map(([name]) => name), 'audio-only.mp4').map(video);

  test('random bytes', () => {
    const start = fc.constantFrom(
      '',
      '\0\0\0\x18ftyp',
      '\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x50moov\0\0\0\x20trak',
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
        accepts(Buffer.concat([Buffer.from(head, 'latin1'), rest]));
      }),
      { numRuns: 2000 },
    );
  });

  test('real videos with some bytes replaced by others, or by none', () => {
    const change = fc.record({
      at: fc.nat(3600),
      removed: fc.nat(9),
      added: fc.uint8Array({ maxLength: 9 }),
    });
    fc.assert(
      fc.property(anyVideo, fc.array(change, { minLength: 1, maxLength: 4 }), (bytes, changes) => {
        const mutate = (result: Buffer, { at, removed, added }: (typeof changes)[number]): Buffer =>
          Buffer.concat([result.subarray(0, at), added, result.subarray(at + removed)]);
        accepts(changes.reduce(mutate, bytes));
      }),
      { numRuns: 10_000 },
    );
  });

  test('real videos with extreme numbers in them', () => {
    const extreme = fc.constantFrom(0, 1, 7, 8, 16, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff);
    const change = fc.record({ at: fc.nat(895), value: extreme });
    fc.assert(
      fc.property(anyVideo, fc.array(change, { minLength: 1, maxLength: 6 }), (bytes, changes) => {
        for (const { at, value } of changes)
          bytes.writeUInt32BE(value, at * 4 < bytes.length - 4 ? at * 4 : at);
        accepts(bytes);
      }),
      { numRuns: 10_000 },
    );
  });
});

/** Throws what is no verdict. */
function accepts(bytes: Uint8Array): boolean {
  try {
    const facts = inspect(bytes);
    const { durationSeconds, width, height } = facts;
    // Tens of thousands of times: an `expect` each takes longer than the inspection.
    const isFact = durationSeconds > 0 && Number.isFinite(durationSeconds) && Math.min(width, height) > 0;
    if (!isFact) throw new Error(`These are no facts of a video: ${JSON.stringify(facts)}`);
    return true;
  } catch (error) {
    if (error instanceof InvalidVideo) return false;
    throw error;
  }
}

function damagedSizes(): Buffer {
  return withUint32(withUint32(video('faststart.mp4'), 'stsz', 8, 0xffffffff), 'stsz', 12, 0xffffffff);
}

function hugeMedia(): Buffer {
  return Buffer.concat([video('faststart.mp4'), Buffer.from('\0\0\0\x01mdat'), Buffer.alloc(8, 0xff)]);
}
