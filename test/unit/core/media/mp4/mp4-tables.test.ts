import { Mp4Inspector } from '../../../../../core/media/mp4/mp4-inspector.ts';

// Videos made box by box, for the tables that ffmpeg's small files do not have. Media data starts at byte 24:
// `ftyp` (16 bytes), then the header of `mdat` (8).
const MEDIA_START = 24;

describe('sample tables', () => {
  // Chunks of 2, 2 and 1 pictures of 10, 20, 30, 40 and 50 bytes
  const runs = fullBox('stsc', uint32s(2, 1, 2, 1, 3, 1, 1));
  const offsets = fullBox('stco', uint32s(3, MEDIA_START, MEDIA_START + 30, MEDIA_START + 100));
  const sizes = fullBox('stsz', uint32s(0, 5, 10, 20, 30, 40, 50));

  test('several runs of chunks reach exactly to the end of the media', () => {
    expect(inspect(plainVideo(150, [sizes, runs, offsets]))).toMatchObject({
      durationSeconds: 8,
      width: 640,
    });
    expect(() => inspect(plainVideo(149, [sizes, runs, offsets]))).toThrow('outside its media data');
  });

  test.each([
    ['8', fullBox('stz2', uint32s(8, 5), Buffer.from([10, 20, 30, 40, 50])), 150],
    ['16', fullBox('stz2', uint32s(16, 5), Buffer.from([0, 10, 0, 20, 0, 30, 0, 40, 0, 50])), 150],
    ['4', fullBox('stz2', uint32s(4, 5), Buffer.from([0x12, 0x34, 0x50])), 105],
  ])('sizes may have %s bits', (_bits, compact, mediaBytes) => {
    expect(inspect(plainVideo(mediaBytes, [compact, runs, offsets]))).toMatchObject({ width: 640 });
    expect(() => inspect(plainVideo(mediaBytes - 1, [compact, runs, offsets]))).toThrow(
      'outside its media data',
    );
  });

  test('sizes of 5 bits do not exist', () => {
    expect(() => inspect(plainVideo(150, [fullBox('stz2', uint32s(5, 5)), runs, offsets]))).toThrow(
      'contradict',
    );
  });

  test('all pictures may have one size', () => {
    const same = fullBox('stsz', uint32s(20, 5));
    expect(inspect(plainVideo(120, [same, runs, offsets]))).toMatchObject({ width: 640 });
    expect(() => inspect(plainVideo(119, [same, runs, offsets]))).toThrow('outside its media data');
  });

  test('offsets may have 64 bits', () => {
    const at = (last: bigint): Buffer => fullBox('co64', uint32s(3), uint64s(24n, 54n, last));
    expect(inspect(plainVideo(150, [sizes, runs, at(124n)]))).toMatchObject({ width: 640 });
    expect(() => inspect(plainVideo(150, [sizes, runs, at(2n ** 63n)]))).toThrow('beyond the end');
  });

  test('pictures cannot share more bytes than there are', () => {
    const overlapping = fullBox('stco', uint32s(3, MEDIA_START, MEDIA_START, MEDIA_START));
    expect(() => inspect(plainVideo(149, [sizes, runs, overlapping]))).toThrow('outside its media data');
  });

  test('four billion pictures of four gigabytes take no time', () => {
    const absurd = fullBox('stsz', uint32s(0xffffffff, 0xffffffff));
    const oneRun = fullBox('stsc', uint32s(1, 1, 0xffffffff, 1));
    const oneChunk = fullBox('stco', uint32s(1, MEDIA_START));
    expect(() => inspect(plainVideo(150, [absurd, oneRun, oneChunk]))).toThrow('beyond the end');
  });

  test('a video track without pictures is refused', () => {
    expect(() => inspect(plainVideo(150, emptyTables()))).toThrow('holds no pictures');
  });

  test('a track of no size is passed over', () => {
    const media = box('mdat', Buffer.alloc(10));
    expect(() => inspect(join(fileType(), media, movie([track(1, 0, emptyTables())])))).toThrow(
      'no video track',
    );
  });

  test('times may have 64 bits', () => {
    const header = fullBox('mvhd', uint64s(0n, 0n), uint32s(1000), uint64s(5000n), Buffer.alloc(80));
    header[8] = 1;
    const moov = box('moov', header, track(1, 640, [sizes, runs, offsets]));
    expect(inspect(join(fileType(), box('mdat', Buffer.alloc(150)), moov)).durationSeconds).toBe(5);
  });
});

describe('fragments', () => {
  const PICTURES = 1;
  const SOUND = 2;

  test('a fragment takes from the movie what it does not say', () => {
    // 3 pictures of 7 bytes and 500 ticks, at 1000 a second
    const defaults = fullBox('trex', uint32s(PICTURES, 1, 500, 7, 0));
    const traf = (media: number): Buffer[] => [
      box('traf', flaggedBox('tfhd', 0, uint32s(PICTURES)), run(0x1, [3, media])),
    ];
    expect(inspect(fragmentedVideo([defaults], traf, 21))).toMatchObject({
      durationSeconds: 1.5,
      fragmented: true,
    });
    expect(() => inspect(fragmentedVideo([defaults], traf, 20))).toThrow('beyond the end');
  });

  test('its header may say it, behind other fields', () => {
    const header = flaggedBox('tfhd', 0x2 | 0x8 | 0x10 | 0x20, uint32s(PICTURES, 99, 250, 7, 0));
    const traf = (media: number): Buffer[] => [box('traf', header, run(0x1, [4, media]))];
    expect(inspect(fragmentedVideo([], traf, 28))).toMatchObject({ durationSeconds: 1 });
    expect(() => inspect(fragmentedVideo([], traf, 27))).toThrow('beyond the end');
  });

  test('each picture may say it', () => {
    // duration, size, flags, composition offset
    const traf = (media: number): Buffer[] => [
      box(
        'traf',
        flaggedBox('tfhd', 0, uint32s(PICTURES)),
        run(0xf05, [2, media, 0, 100, 5, 0, 0, 300, 6, 0, 0]),
      ),
    ];
    expect(inspect(fragmentedVideo([], traf, 11))).toMatchObject({ durationSeconds: 0.4 });
    expect(() => inspect(fragmentedVideo([], traf, 10))).toThrow('beyond the end');
  });

  test('a run without a place follows the one before, a track without a base the track before', () => {
    const header = (id: number): Buffer => flaggedBox('tfhd', 0x8 | 0x10, uint32s(id, 100, 10));
    const tracks = (media: number): Buffer[] => [
      box('traf', header(PICTURES), run(0x1, [1, media]), run(0, [1])),
      box('traf', header(SOUND), run(0, [5])),
    ];
    expect(inspect(fragmentedVideo([], tracks, 70))).toMatchObject({ durationSeconds: 0.2 });
    expect(() => inspect(fragmentedVideo([], tracks, 69))).toThrow('beyond the end');
  });

  test('a place may be counted from the start of the fragment', () => {
    const header = (id: number): Buffer => flaggedBox('tfhd', 0x020018, uint32s(id, 100, 10));
    const tracks = (media: number): Buffer[] => [
      box('traf', header(PICTURES), run(0x1, [1, media])),
      box('traf', header(SOUND), run(0x1, [1, media + 10])),
    ];
    expect(inspect(fragmentedVideo([], tracks, 20))).toMatchObject({ durationSeconds: 0.1 });
    expect(() => inspect(fragmentedVideo([], tracks, 19))).toThrow('beyond the end');
  });

  test('or from the start of the file', () => {
    const header = flaggedBox(
      'tfhd',
      0x1 | 0x8 | 0x10,
      uint32s(PICTURES),
      uint64s(2n ** 62n),
      uint32s(100, 10),
    );
    const traf = (media: number): Buffer[] => [box('traf', header, run(0x1, [1, media]))];
    expect(() => inspect(fragmentedVideo([], traf, 10))).toThrow('beyond the end');
  });

  test('the table of a run must be there, read or not', () => {
    const traf = (media: number): Buffer[] => [
      box('traf', flaggedBox('tfhd', 0x18, uint32s(PICTURES, 100, 1)), run(0x401, [2, media, 0])),
    ];
    expect(() => inspect(fragmentedVideo([], traf, 10))).toThrow('"trun" box is too short');
  });

  test('fragments without durations leave it to the header, or to the index', () => {
    const traf = (media: number): Buffer[] => [
      box('traf', flaggedBox('tfhd', 0x10, uint32s(PICTURES, 10)), run(0x1, [1, media])),
    ];
    const header = fullBox('mehd', uint32s(3000));
    expect(inspect(fragmentedVideo([header], traf, 10)).durationSeconds).toBe(3);
    expect(() => inspect(fragmentedVideo([], traf, 10))).toThrow('no duration');
    const index = fullBox('sidx', uint32s(1, 1000, 0, 0, 1, 0, 2500, 0));
    expect(inspect(join(fragmentedVideo([], traf, 10), index)).durationSeconds).toBe(2.5);
  });

  test('sound alone in the fragments is no video', () => {
    const traf = (media: number): Buffer[] => [
      box('traf', flaggedBox('tfhd', 0x18, uint32s(SOUND, 100, 1)), run(0x1, [5, media])),
    ];
    expect(() => inspect(fragmentedVideo([], traf, 10))).toThrow('holds no pictures');
  });

  test('a fragment before the movie header is refused', () => {
    expect(() => inspect(join(fileType(), box('moof')))).toThrow('before its "moov"');
  });
});

function inspect(bytes: Uint8Array) {
  const inspector = new Mp4Inspector();
  inspector.push(bytes);
  return inspector.finish();
}

/** Not fragmented; 8 s of 640 × 360. */
function plainVideo(mediaBytes: number, sampleTables: readonly Buffer[]): Buffer {
  const header = movie([track(1, 640, sampleTables)], 8000);
  return join(fileType(), box('mdat', Buffer.alloc(mediaBytes)), header);
}

/** One fragment, told where its media starts, right behind it; the header says no duration. */
function fragmentedVideo(
  movieExtends: readonly Buffer[],
  trackFragments: (mediaStart: number) => readonly Buffer[],
  mediaBytes: number,
): Buffer {
  const header = movie([track(1, 640, emptyTables()), box('mvex', ...movieExtends)]);
  const mediaStart = box('moof', ...trackFragments(0)).length + 8;
  const fragment = box('moof', ...trackFragments(mediaStart));
  return join(fileType(), header, fragment, box('mdat', Buffer.alloc(mediaBytes)));
}

function fileType(): Buffer {
  return box('ftyp', Buffer.from('mp42\0\0\0\0'));
}

function movie(boxes: readonly Buffer[], duration = 0): Buffer {
  return box('moov', fullBox('mvhd', uint32s(0, 0, 1000, duration), Buffer.alloc(80)), ...boxes);
}

function track(id: number, width: number, sampleTables: readonly Buffer[]): Buffer {
  const height = Buffer.from([360 >> 8, 360 & 0xff]);
  const entry = box(
    'hvc1',
    Buffer.alloc(24),
    Buffer.from([width >> 8, width & 0xff]),
    height,
    Buffer.alloc(50),
  );
  const tables = box('stbl', fullBox('stsd', uint32s(1), entry), ...sampleTables);
  const media = box(
    'mdia',
    fullBox('mdhd', uint32s(0, 0, 1000, 0, 0)),
    fullBox('hdlr', uint32s(0), Buffer.from('vide'), Buffer.alloc(13)),
    box('minf', tables),
  );
  return box('trak', fullBox('tkhd', uint32s(0, 0, id), Buffer.alloc(68)), media);
}

function emptyTables(): Buffer[] {
  return [fullBox('stsz', uint32s(0, 0)), fullBox('stsc', uint32s(0)), fullBox('stco', uint32s(0))];
}

function run(flags: number, fields: readonly number[]): Buffer {
  return flaggedBox('trun', flags, uint32s(...fields));
}

function box(type: string, ...payload: readonly Buffer[]): Buffer {
  const body = join(...payload);
  return join(uint32s(8 + body.length), Buffer.from(type), body);
}

/** Version 0, no flags. */
function fullBox(type: string, ...payload: readonly Buffer[]): Buffer {
  return flaggedBox(type, 0, ...payload);
}

function flaggedBox(type: string, flags: number, ...payload: readonly Buffer[]): Buffer {
  return box(type, uint32s(flags), ...payload);
}

function uint32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

function uint64s(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64BE(value, index * 8);
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts);
}
