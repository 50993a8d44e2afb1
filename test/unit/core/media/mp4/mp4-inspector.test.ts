import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { InvalidVideo } from '../../../../../core/kernel/errors.ts';
import { Mp4Inspector } from '../../../../../core/media/mp4/mp4-inspector.ts';

// Made with the ffmpeg 9.0.2 of `pip install imageio-ffmpeg==0.8.1`; the facts below are what `ffmpeg -i` prints of them.
//   pictures: -f lavfi -i testsrc=size=64x64:rate=8:duration=1
//   sound:    -f lavfi -i sine=frequency=440:sample_rate=8000:duration=1 -c:a aac -b:a 8k
//   coding:   -c:v libx264 -preset veryslow -crf 45 -pix_fmt yuv420p -g 4 -map_metadata -1 -fflags +bitexact -flags +bitexact
//             -bsf:v filter_units=remove_types=6
const whole = {
  durationSeconds: 1,
  width: 64,
  height: 64,
  brand: 'isom',
  codec: 'avc1',
  hasAudio: false,
  fragmented: false,
};
const videos = [
  ['moov-last.mp4', whole],
  // -movflags +faststart
  ['faststart.mp4', whole],
  // pictures and sound, -movflags +faststart
  ['audio-video.mp4', { ...whole, hasAudio: true }],
  // -f mov
  ['quicktime.mov', { ...whole, brand: 'qt  ' }],
  // -movflags +frag_keyframe+empty_moov
  ['fragmented.mp4', { ...whole, fragmented: true }],
  // -movflags +frag_keyframe+empty_moov+default_base_moof+global_sidx
  ['fragmented-sidx.mp4', { ...whole, brand: 'iso5', fragmented: true }],
  // -movflags +frag_keyframe
  ['first-fragment-in-moov.mp4', { ...whole, fragmented: true }],
] as const;

const fixtures = new Map(
  readdirSync(path.join(import.meta.dirname, '../../../../fixtures/video')).map((name) => [
    name,
    fixture(name),
  ]),
);

describe('a whole video', () => {
  test.each(videos)('%s says what it is', (name, facts) => {
    const bytes = video(name);
    expect(inspect(bytes)).toEqual({ ...facts, bytes: bytes.length });
  });

  test.each(videos)('%s says the same however it arrives', (name, facts) => {
    const bytes = video(name);
    const lengths = fc.infiniteStream(fc.oneof(fc.nat(3), fc.nat(20), fc.nat(700)));
    fc.assert(
      fc.property(lengths, (chunkLengths) => {
        expect(inspectInChunks(bytes, chunkLengths)).toEqual({ ...facts, bytes: bytes.length });
      }),
    );
  });

  test('it may arrive in a buffer that is used again', () => {
    const bytes = video('moov-last.mp4');
    const inspector = new Mp4Inspector();
    const reused = new Uint8Array(100);
    for (let position = 0; position < bytes.length; position += reused.length) {
      const chunk = bytes.subarray(position, position + reused.length);
      reused.set(chunk);
      inspector.push(reused.subarray(0, chunk.length));
    }
    expect(inspector.finish()).toMatchObject(whole);
  });

  test('its media may have a 64-bit size', () => {
    const bytes = video('moov-last.mp4');
    const media = bytes.indexOf('mdat') - 4;
    // ffmpeg leaves a `free` box in front for exactly this
    bytes.writeUInt32BE(1, media - 8);
    bytes.write('mdat', media - 4);
    bytes.writeBigUInt64BE(BigInt(bytes.readUInt32BE(media) + 8), media);
    expect(inspect(bytes)).toMatchObject(whole);
  });

  test('its last box may last to the end of the file', () => {
    expect(inspect(withUint32(video('faststart.mp4'), 'mdat', -4, 0))).toMatchObject(whole);
    expect(inspect(withUint32(video('moov-last.mp4'), 'moov', -4, 0))).toMatchObject(whole);
  });

  test.each([0, 0xffffffff])('a movie header without a duration (%d) leaves it to the tracks', (unknown) => {
    const bytes = withUint32(video('faststart.mp4'), 'mvhd', 20, unknown);
    expect(inspect(bytes).durationSeconds).toBe(1);
    expect(() => inspect(withUint32(bytes, 'mdhd', 20, unknown))).toThrow('no duration');
  });

  test('its coded size counts, and the size it is shown at when that is missing', () => {
    const shown = withUint32(video('faststart.mp4'), 'tkhd', 80, 200 * 65536);
    expect(inspect(shown).width).toBe(64);
    expect(inspect(withUint32(shown, 'stsd', 44, 0))).toMatchObject({ width: 200, height: 64 });
  });

  test('a second movie header is not looked at', () => {
    expect(inspect(Buffer.concat([video('faststart.mp4'), Buffer.from('\0\0\0\x08moov')]))).toMatchObject(
      whole,
    );
  });

  test('a five-gigabyte video is stepped through in small memory', () => {
    const chunk = new Uint8Array(1024 * 1024);
    const chunks = 5 * 1024;
    const inspector = new Mp4Inspector({ maxHeaderBytes: 1000 });
    inspector.push(video('faststart.mp4'));
    const header = Buffer.concat([Buffer.from('\0\0\0\x01mdat'), Buffer.alloc(8)]);
    header.writeBigUInt64BE(BigInt(header.length + chunks * chunk.length), 8);
    inspector.push(header);
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < chunks; count += 1) inspector.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
    expect(inspector.finish()).toEqual({ ...whole, bytes: 1582 + 16 + chunks * chunk.length });
  });
});

describe('a video that is cut short', () => {
  // Where a cut leaves a shorter whole video: behind a fragment, and before the index (`mfra`) at the end.
  const wholeCuts: Readonly<Record<string, readonly string[]>> = {
    'fragmented.mp4': ['second moof', 'mfra'],
    'fragmented-sidx.mp4': ['mfra'],
    'first-fragment-in-moov.mp4': ['first moof', 'mfra'],
  };

  test.each(videos)('%s is refused when it is cut anywhere', (name) => {
    const bytes = video(name);
    const accepted: number[] = [];
    for (let length = 0; length < bytes.length; length += 1) {
      if (accepts(bytes.subarray(0, length))) accepted.push(length);
    }
    const firstFragment = bytes.indexOf('moof') - 4;
    const offsets: Readonly<Record<string, number>> = {
      'first moof': firstFragment,
      'second moof': bytes.indexOf('moof', firstFragment + 8) - 4,
      mfra: bytes.indexOf('mfra') - 4,
    };
    expect(accepted).toEqual((wholeCuts[name] ?? []).map((place) => offsets[place]));
  });

  test('a fragmented one that ends behind a fragment is as long as what is there', () => {
    const bytes = video('fragmented.mp4');
    const secondFragment = bytes.indexOf('moof', bytes.indexOf('moof') + 4) - 4;
    expect(inspect(bytes.subarray(0, secondFragment)).durationSeconds).toBe(0.5);
  });

  test('its tables tell, when its last box lasts to the end of the file', () => {
    const bytes = withUint32(video('faststart.mp4'), 'mdat', -4, 0);
    for (let length = bytes.indexOf('mdat') + 5; length < bytes.length; length += 1) {
      expect(() => inspect(bytes.subarray(0, length))).toThrow('reach beyond the end');
    }
  });

  test('a box may not be followed by less than a box', () => {
    expect(() => inspect(Buffer.concat([video('faststart.mp4'), Buffer.from('1234')]))).toThrow(
      'between two boxes',
    );
    expect(() => inspect(Buffer.concat([video('faststart.mp4'), Buffer.alloc(16)]))).toThrow(
      'no box where one must be',
    );
  });
});

describe('what is no video is named', () => {
  test.each([
    ['The file is an HTML page, not an MP4 video.', '<!DOCTYPE html><html><body>502 Bad Gateway'],
    ['The file is JSON text, not an MP4 video.', '{"error":{"code":404}}'],
    ['The file is an XML document', '<?xml version="1.0"?><Error><Code>AccessDenied'],
    ['The file is plain text', 'Not found'],
    ['The file is a WebM or Matroska video', '\x1aE\xdf\xa3\x01\0\0\0\0\0\0\0'],
    ['The file is a JPEG picture', '\xff\xd8\xff\xe0\0\x10JFIF'],
    ['The file is unknown binary data', '\0\0\0\x18stypmsdh\0\0\0\0msdhmsix'],
    ['The file is a HEIC picture', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
  ])('%s, with the first bytes', (message, content) => {
    const inspector = new Mp4Inspector();
    expect(() => inspector.push(Buffer.from(content, 'latin1'))).toThrow(message);
  });

  test('eight bytes are enough to refuse', () => {
    const inspector = new Mp4Inspector();
    for (const byte of Buffer.from('<!DOCTY')) inspector.push(Uint8Array.of(byte));
    expect(() => inspector.push(Buffer.from('P'))).toThrow('an HTML page');
  });

  test.each([
    ['The file is empty', ''],
    ['The file is JSON text (2 bytes), not an MP4 video.', '{}'],
  ])('%s', (message, content) => {
    expect(() => inspect(Buffer.from(content))).toThrow(message);
  });

  test('sound alone is no video', () => {
    expect(() => inspect(video('audio-only.mp4'))).toThrow('sound but no pictures');
  });

  test('a video without a movie header or without media is none', () => {
    const bytes = video('moov-last.mp4');
    expect(() => inspect(bytes.subarray(0, bytes.indexOf('moov') - 4))).toThrow('its "moov" box is missing');
    const faststart = video('faststart.mp4');
    const media = faststart.indexOf('mdat') - 4;
    expect(() => inspect(faststart.subarray(0, media))).toThrow('no media data');
    const emptied = faststart.subarray(0, media + 8);
    emptied.writeUInt32BE(8, media);
    expect(() => inspect(emptied)).toThrow('no media data');
  });

  test('what failed once has failed', () => {
    const inspector = new Mp4Inspector();
    expect(() => inspector.push(Buffer.from('<html></html>'))).toThrow('an HTML page');
    expect(() => inspector.push(video('faststart.mp4'))).toThrow('an HTML page');
    expect(() => inspector.finish()).toThrow('an HTML page');
  });
});

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

function inspect(bytes: Uint8Array) {
  const inspector = new Mp4Inspector();
  inspector.push(bytes);
  return inspector.finish();
}

function inspectInChunks(bytes: Uint8Array, lengths: Iterator<number>) {
  const inspector = new Mp4Inspector();
  let position = 0;
  while (position < bytes.length) {
    const end = position + (lengths.next().value ?? 1);
    inspector.push(bytes.subarray(position, end));
    position = end;
  }
  return inspector.finish();
}

/** Throws what is no verdict. */
function accepts(bytes: Uint8Array): boolean {
  try {
    const facts = inspect(bytes);
    expect(facts.durationSeconds).toBeGreaterThan(0);
    expect(Number.isFinite(facts.durationSeconds)).toBe(true);
    expect(Math.min(facts.width, facts.height)).toBeGreaterThan(0);
    return true;
  } catch (error) {
    if (error instanceof InvalidVideo) return false;
    throw error;
  }
}

function fixture(name: string): Buffer {
  return readFileSync(path.join(import.meta.dirname, '../../../../fixtures/video', name));
}

/** A copy, free to be changed. */
function video(name: string): Buffer {
  return Buffer.from(fixtures.get(name) ?? fixture(name));
}

/** A copy with a number written `at` bytes behind the first place that says `box`. */
function withUint32(bytes: Buffer, box: string, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(value, copy.indexOf(box) + at);
  return copy;
}

function damagedSizes(): Buffer {
  return withUint32(withUint32(video('faststart.mp4'), 'stsz', 8, 0xffffffff), 'stsz', 12, 0xffffffff);
}

function hugeMedia(): Buffer {
  return Buffer.concat([video('faststart.mp4'), Buffer.from('\0\0\0\x01mdat'), Buffer.alloc(8, 0xff)]);
}
