import fc from 'fast-check';
import { InvalidVideo } from '../../../../../core/kernel/errors.ts';
import { Mp4Inspector } from '../../../../../core/media/mp4/mp4-inspector.ts';
import { inspect, video, videos, whole, withUint32 } from './videos.ts';

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
