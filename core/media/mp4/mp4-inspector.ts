import { InvalidVideo } from '../../kernel/errors.ts';
import { describeBytes, pictureOfBrand, textAt } from '../content-sniff.ts';
import { BoxStream, type PassedBox } from './box-stream.ts';
import type { Box } from './boxes.ts';
import { type Fragment, readFragment, readSegmentIndex } from './fragment.ts';
import { type Movie, readMovie } from './movie.ts';
import type { SampleLayout } from './samples.ts';

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
/** Size and type of the first box. */
const START_BYTES = 8;

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
  private readonly boxes: BoxStream;
  private failure: InvalidVideo | undefined;
  /** The first eight bytes, as far as they are here. */
  private start = new Uint8Array();

  private brand: string | undefined;
  private movie: Movie | undefined;
  private readonly media = { firstByte: Number.POSITIVE_INFINITY, endByte: 0, bytes: 0 };
  private fragments: Fragment | undefined;
  private readonly index = { durationSeconds: 0, endByte: 0 };

  constructor({ maxHeaderBytes = DEFAULT_MAX_HEADER_BYTES }: Mp4InspectorOptions = {}) {
    this.boxes = new BoxStream({
      maxHeldBytes: maxHeaderBytes,
      isWanted: (type) => HELD_BOXES.has(type) && !(type === 'moov' && this.movie),
      onBox: (box) => this.readBox(box),
    });
  }

  /**
   * Takes the next bytes, cut anywhere. Nothing of the chunk is kept; it may be used again.
   *
   * @throws InvalidVideo as soon as it is certain: within the first 8 bytes when they are a web page or an error message
   */
  push(chunk: Uint8Array): void {
    this.rememberFailure(() => {
      if (this.start.length < START_BYTES) this.checkStart(chunk);
      this.boxes.push(chunk);
    });
  }

  /**
   * The verdict, once all bytes were pushed.
   *
   * @throws InvalidVideo when the video is cut short, damaged or has nothing to show
   */
  finish(): Mp4Facts {
    return this.rememberFailure(() => {
      if (this.start.length < START_BYTES) throw notVideo(this.start);
      this.boxes.end();
      if (!this.movie || this.brand === undefined) {
        throw new InvalidVideo(
          'The video is cut short: its "moov" box is missing, without which it cannot be played.',
        );
      }
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

  // The standard allows only a signature before `ftyp` ("as early as possible", §4.3), and no MP4 writer has one. `free`,
  // `wide` or `moov` in front is QuickTime from before 2001; `styp` starts a piece of a stream, not a file.
  private checkStart(chunk: Uint8Array): void {
    const head = Uint8Array.from([...this.start, ...chunk.subarray(0, 1024)]);
    this.start = head.slice(0, START_BYTES);
    if (head.length >= START_BYTES && textAt(head, 4, 4) !== 'ftyp') throw notVideo(head);
  }

  private readBox({ type, start, payloadStart, end, content }: PassedBox): void {
    if (type === 'mdat') {
      this.media.firstByte = Math.min(this.media.firstByte, payloadStart);
      this.media.endByte = end;
      this.media.bytes += end - payloadStart;
    }
    if (!content) return;
    if (type === 'ftyp') this.readFileType(content);
    if (type === 'moov') this.movie = readMovie(content);
    if (type === 'moof') this.addFragment(content, start);
    if (type === 'sidx') this.addIndex(content, end);
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
    this.fragments = this.fragments ? sumOfFragments(this.fragments, fragment) : fragment;
  }

  private addIndex(sidx: Box, end: number): void {
    const { durationSeconds, endByte } = readSegmentIndex(sidx, end);
    this.index.durationSeconds = Math.max(this.index.durationSeconds, durationSeconds);
    this.index.endByte = Math.max(this.index.endByte, endByte);
  }

  private checkMedia({ video: { layout } }: Movie): void {
    const pictures = this.fragments ? sumOfLayouts(layout, this.fragments) : layout;
    if (this.media.bytes === 0) throw new InvalidVideo('The video is cut short: it has no media data.');
    if (pictures.samples === 0 || pictures.bytes === 0)
      throw new InvalidVideo('The video holds no pictures.');
    if (Math.max(pictures.endByte, this.index.endByte) > this.boxes.position) {
      throw new InvalidVideo('The video is cut short: its pictures reach beyond the end of the file.');
    }
    const isInside = pictures.firstByte >= this.media.firstByte && pictures.endByte <= this.media.endByte;
    if (!isInside || pictures.bytes > this.media.bytes) {
      throw new InvalidVideo('The video is damaged: its tables point outside its media data.');
    }
  }

  private facts(movie: Movie, brand: string): Mp4Facts {
    const { width, height, codec } = movie.video;
    const durationSeconds = this.durationSeconds(movie);
    if (!(durationSeconds > 0)) throw new InvalidVideo('The video has no duration.');
    const fragmented = this.fragments !== undefined;
    return {
      bytes: this.boxes.position,
      durationSeconds,
      width,
      height,
      brand,
      codec,
      hasAudio: movie.hasAudio,
      fragmented,
    };
  }

  // Fragments that are there say more than a header written before them; `moov` may hold the first pictures itself.
  private durationSeconds(movie: Movie): number {
    if (!this.fragments) return movie.durationSeconds;
    const { timescale, layout } = movie.video;
    const inMovie = layout.samples > 0 ? movie.durationSeconds : 0;
    const inFragments = timescale === 0 ? 0 : this.fragments.duration / timescale;
    if (inFragments > 0) return inMovie + inFragments;
    return movie.fragmentedDurationSeconds || movie.durationSeconds || this.index.durationSeconds;
  }
}

const notVideo = (head: Uint8Array): InvalidVideo => {
  const length = head.length < START_BYTES && head.length > 0 ? ` (${head.length} bytes)` : '';
  return new InvalidVideo(`The file is ${describeBytes(head)}${length}, not an MP4 video.`);
};

const sumOfFragments = (one: Fragment, other: Fragment): Fragment => {
  return { ...sumOfLayouts(one, other), duration: one.duration + other.duration };
};

const sumOfLayouts = (one: SampleLayout, other: SampleLayout): SampleLayout => {
  return {
    samples: one.samples + other.samples,
    bytes: one.bytes + other.bytes,
    firstByte: Math.min(one.firstByte, other.firstByte),
    endByte: Math.max(one.endByte, other.endByte),
  };
};
