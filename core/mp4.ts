import { describeBytes, pictureOfBrand } from './content-kind.ts';
import { InvalidVideo } from './errors.ts';
import { Box, type BoxHeader, boxHeaderBytes, readBoxHeader } from './mp4-boxes.ts';
import { readFragment, readSegmentIndex } from './mp4-fragment.ts';
import { type Movie, readMovie } from './mp4-movie.ts';

export interface Mp4Facts {
  /** Length of the file. */
  readonly bytes: number;
  /** Seconds, above 0. Of a fragmented video: of the fragments that are there. */
  readonly durationSeconds: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Major brand of `ftyp`, four letters: `isom`, `mp42`, …; `qt  ` is a QuickTime film, which most players also take. */
  readonly brand: string;
  /** Four letters: `avc1` (H.264), `hvc1`, `av01`, … */
  readonly codec: string;
  readonly hasAudio: boolean;
  readonly fragmented: boolean;
}

export interface Mp4InspectorOptions {
  /** Bytes: the longest box that is held to be read (`moov`, `moof`, …). Default 16 MiB, the `moov` of many hours. */
  readonly maxHeaderBytes?: number;
}

const HELD_BOXES: ReadonlySet<string> = new Set(['ftyp', 'moov', 'moof', 'sidx']);
const DEFAULT_MAX_HEADER_BYTES = 16 * 1024 * 1024;

// Two hours with a fragment (two boxes) for every picture at 60 a second have 864,000. Reading a box costs about 1 µs, so
// gigabytes of empty boxes would otherwise keep a function busy for minutes.
const MAX_BOXES = 1_000_000;

interface OpenBox extends BoxHeader {
  /** Offset in the file. */
  readonly start: number;
  /** Of the payload, still to come; infinite for a box that lasts to the end of the file. */
  remaining: number;
  /** Undefined for a box that is stepped over. */
  readonly held: HeldBytes | undefined;
}

/**
 * Tells whether a stream of bytes is a whole, playable MP4, in memory bounded by `maxHeaderBytes` whatever the length.
 *
 *     for await (const chunk of body) inspector.push(chunk);
 *     const facts = inspector.finish();
 *
 * Whole: `ftyp` comes first, boxes fill the file exactly, and every byte that the tables of the video track point to is
 * there, within the media data. Playable: a video track with a size, a codec, pictures and a duration. Pictures are not
 * decoded. What a cut leaves whole passes: a fragmented video (without `sidx`) that ends behind a fragment is a shorter
 * video, and what may follow the media (`free`, `mfra`) is not missed. The declared length catches those.
 *
 * Both methods throw InvalidVideo and nothing else, whatever the bytes; once one did, both throw it again.
 *
 * @see ISO/IEC 14496-12 §4.2 (boxes), §6.2.3 (their order)
 */
export class Mp4Inspector {
  private readonly maxHeaderBytes: number;
  private failure: InvalidVideo | undefined;

  private position = 0;
  private readonly header = new Uint8Array(16);
  private headerLength = 0;
  private box: OpenBox | undefined;
  private boxes = 0;

  private brand: string | undefined;
  private movie: Movie | undefined;
  private firstMediaByte = Number.POSITIVE_INFINITY;
  private lastMediaByte = 0;
  private mediaBytes = 0;
  private fragments = 0;
  private fragmentSamples = 0;
  private fragmentBytes = 0;
  private fragmentTicks = 0;
  private fragmentsStart = Number.POSITIVE_INFINITY;
  private fragmentsEnd = 0;
  private indexedSeconds = 0;
  private indexedEnd = 0;

  constructor({ maxHeaderBytes = DEFAULT_MAX_HEADER_BYTES }: Mp4InspectorOptions = {}) {
    this.maxHeaderBytes = maxHeaderBytes;
  }

  /**
   * Takes the next bytes, cut anywhere. Nothing of the chunk is kept; it may be used again.
   *
   * @throws InvalidVideo as soon as it is certain: within the first 8 bytes when they are a web page or an error message
   */
  push(chunk: Uint8Array): void {
    this.rememberFailure(() => {
      let read = 0;
      while (read < chunk.length) {
        const rest = chunk.subarray(read);
        read += this.box ? this.readPayload(this.box, rest) : this.readHeader(rest);
      }
    });
  }

  /**
   * The verdict, once all bytes were pushed.
   *
   * @throws InvalidVideo when the video is cut short, damaged or has nothing to show
   */
  finish(): Mp4Facts {
    return this.rememberFailure(() => {
      if (this.box?.size === 0) this.closeBox(this.box);
      if (this.box || this.headerLength > 0 || this.brand === undefined) throw this.truncated();
      if (!this.movie)
        throw new InvalidVideo(
          'The video is cut short: it has no "moov" box, without which it cannot be played.',
        );
      this.checkMedia(this.movie);
      return this.facts(this.movie, this.brand);
    });
  }

  private rememberFailure<T>(read: () => T): T {
    if (this.failure) throw this.failure;
    try {
      return read();
    } catch (error) {
      if (error instanceof InvalidVideo) this.failure = error;
      throw error;
    }
  }

  /** Takes bytes of a box's header; answers how many. */
  private readHeader(bytes: Uint8Array): number {
    const isLarge = this.headerLength >= 8;
    const taken = Math.min(bytes.length, (isLarge ? 16 : 8) - this.headerLength);
    this.header.set(bytes.subarray(0, taken), this.headerLength);
    this.headerLength += taken;
    this.position += taken;

    const header = this.header.subarray(0, this.headerLength);
    if (this.headerLength < 8) return taken;
    if (this.brand === undefined) this.checkFirstBox(header, bytes.subarray(taken));
    if (this.headerLength < boxHeaderBytes(header)) return taken;
    this.headerLength = 0;
    this.openBox(readBoxHeader(header));
    return taken;
  }

  // The standard allows only a signature before `ftyp` ("as early as possible", §4.3), and no MP4 writer has one. `free`,
  // `wide` or `moov` in front is QuickTime from before 2001; `styp` starts a piece of a stream, not a file.
  private checkFirstBox(header: Uint8Array, rest: Uint8Array): void {
    const start = Uint8Array.from([...header, ...rest.subarray(0, 1024)]);
    if (start[4] === 0x66 && start[5] === 0x74 && start[6] === 0x79 && start[7] === 0x70) return;
    throw new InvalidVideo(`The file is ${describeBytes(start)}, not an MP4 video.`);
  }

  private openBox(header: BoxHeader): void {
    this.boxes += 1;
    if (this.boxes > MAX_BOXES)
      throw new InvalidVideo(`The video is damaged: it has more than ${MAX_BOXES} boxes.`);
    const isHeld = HELD_BOXES.has(header.type) && !(header.type === 'moov' && this.movie);
    const remaining = header.size === 0 ? Number.POSITIVE_INFINITY : header.size - header.headerBytes;
    if (isHeld && header.size > this.maxHeaderBytes) throw this.tooLarge(header);
    const start = this.position - header.headerBytes;
    this.box = { ...header, start, remaining, held: isHeld ? new HeldBytes() : undefined };
    if (header.type === 'mdat') this.firstMediaByte = Math.min(this.firstMediaByte, this.position);
    if (remaining === 0) this.closeBox(this.box);
  }

  /** Takes bytes of the open box's payload; answers how many. Media is stepped over, not copied. */
  private readPayload(box: OpenBox, bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, box.remaining);
    if (box.held) {
      // A box without an end of its own is measured as it comes.
      if (box.held.length + taken > this.maxHeaderBytes) throw this.tooLarge(box);
      box.held.append(bytes.subarray(0, taken));
    }
    this.position += taken;
    box.remaining -= taken;
    if (box.remaining === 0) this.closeBox(box);
    return taken;
  }

  private closeBox(box: OpenBox): void {
    this.box = undefined;
    if (box.type === 'mdat') {
      this.mediaBytes += this.position - box.start - box.headerBytes;
      this.lastMediaByte = this.position;
    }
    if (box.held) this.readHeldBox(new Box(box.type, box.held.bytes()), box.start);
  }

  private readHeldBox(box: Box, start: number): void {
    if (box.type === 'ftyp') this.readFileType(box);
    if (box.type === 'moov') this.movie = readMovie(box);
    if (box.type === 'moof') this.addFragment(box, start);
    if (box.type === 'sidx') {
      const index = readSegmentIndex(box, this.position);
      this.indexedSeconds = Math.max(this.indexedSeconds, index.durationSeconds);
      this.indexedEnd = Math.max(this.indexedEnd, index.endByte);
    }
  }

  private readFileType(box: Box): void {
    const brand = box.text(0, 4);
    const picture = pictureOfBrand(brand);
    if (picture) throw new InvalidVideo(`The file is ${picture}, not an MP4 video.`);
    this.brand ??= brand;
  }

  private addFragment(moof: Box, start: number): void {
    if (!this.movie) throw new InvalidVideo('The video is damaged: a fragment comes before its "moov" box.');
    const fragment = readFragment(moof, start, this.movie);
    this.fragments += 1;
    this.fragmentSamples += fragment.samples;
    this.fragmentBytes += fragment.bytes;
    this.fragmentTicks += fragment.duration;
    this.fragmentsStart = Math.min(this.fragmentsStart, fragment.firstByte);
    this.fragmentsEnd = Math.max(this.fragmentsEnd, fragment.endByte);
  }

  private checkMedia({ video: { layout } }: Movie): void {
    const pictureBytes = layout.bytes + this.fragmentBytes;
    const firstByte = Math.min(layout.firstByte, this.fragmentsStart);
    const endByte = Math.max(layout.endByte, this.fragmentsEnd);
    if (this.mediaBytes === 0) throw new InvalidVideo('The video is cut short: it has no media data.');
    if (layout.samples + this.fragmentSamples === 0 || pictureBytes === 0) {
      throw new InvalidVideo('The video holds no pictures.');
    }
    if (Math.max(endByte, this.indexedEnd) > this.position) {
      throw new InvalidVideo('The video is cut short: its pictures reach beyond the end of the file.');
    }
    if (firstByte < this.firstMediaByte || endByte > this.lastMediaByte || pictureBytes > this.mediaBytes) {
      throw new InvalidVideo('The video is damaged: its tables point outside its media data.');
    }
  }

  private facts(movie: Movie, brand: string): Mp4Facts {
    const { width, height, codec } = movie.video;
    const durationSeconds = this.durationSeconds(movie);
    if (!(durationSeconds > 0)) throw new InvalidVideo('The video has no duration.');
    const { hasAudio } = movie;
    return {
      bytes: this.position,
      durationSeconds,
      width,
      height,
      brand,
      codec,
      hasAudio,
      fragmented: this.fragments > 0,
    };
  }

  // Fragments that are there say more than a header written before them; `moov` may hold the first pictures itself.
  private durationSeconds(movie: Movie): number {
    if (this.fragments === 0) return movie.durationSeconds;
    const { timescale, layout } = movie.video;
    const inMovie = layout.samples > 0 ? movie.durationSeconds : 0;
    const inFragments = timescale === 0 ? 0 : this.fragmentTicks / timescale;
    if (inFragments > 0) return inMovie + inFragments;
    return movie.fragmentedDurationSeconds || movie.durationSeconds || this.indexedSeconds;
  }

  private tooLarge({ type }: BoxHeader): InvalidVideo {
    return new InvalidVideo(`The video's "${type}" box is longer than ${this.maxHeaderBytes} bytes.`);
  }

  private truncated(): InvalidVideo {
    if (this.position === 0) return new InvalidVideo('The file is empty, not an MP4 video.');
    if (this.brand === undefined && this.headerLength > 0) {
      const head = this.header.subarray(0, this.headerLength);
      return new InvalidVideo(
        `The file has ${this.headerLength} bytes and is ${describeBytes(head)}, not an MP4 video.`,
      );
    }
    const where = this.box ? `in its "${this.box.type}" box` : 'between two boxes';
    return new InvalidVideo(`The video is cut short: it ends ${where}, after ${this.position} bytes.`);
  }
}

/** Bytes that arrive in pieces; room grows with what arrived, not with what was announced. */
class HeldBytes {
  length = 0;
  private room = new Uint8Array();

  append(piece: Uint8Array): void {
    const needed = this.length + piece.length;
    if (needed > this.room.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.room.length));
      larger.set(this.room.subarray(0, this.length));
      this.room = larger;
    }
    this.room.set(piece, this.length);
    this.length = needed;
  }

  bytes(): Uint8Array {
    return this.room.subarray(0, this.length);
  }
}
