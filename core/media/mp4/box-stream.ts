import { InvalidVideo } from '../../kernel/errors.ts';
import { Box, type BoxHeader, boxHeaderBytes, readBoxHeader } from './boxes.ts';

// Two hours with a fragment (two boxes) for every picture at 60 a second have 864,000. Reading a box costs about 1 µs, so
// gigabytes of empty boxes would otherwise keep a function busy for minutes.
const MAX_BOXES = 1_000_000;

/** A top-level box that has passed whole. Offsets in the file. */
export interface PassedBox {
  readonly type: string;
  readonly start: number;
  readonly payloadStart: number;
  readonly end: number;
  /** Its content, when it was asked for. */
  readonly content: Box | undefined;
}

export interface BoxStreamOptions {
  /** Asked at a box's header: whether its content is to be held until it is whole. The others are stepped over, not copied. */
  readonly isWanted: (type: string) => boolean;
  /** Bytes: the longest box that is held. */
  readonly maxHeldBytes: number;
  readonly onBox: (box: PassedBox) => void;
}

interface OpenBox extends BoxHeader {
  readonly start: number;
  /** Of the payload, still to come; infinite for a box that lasts to the end of the file. */
  remaining: number;
  readonly held: HeldBytes | undefined;
}

/** Cuts a stream of bytes into its top-level boxes, in memory bounded by the longest box that is wanted. */
export class BoxStream {
  private readonly options: BoxStreamOptions;
  private readonly header = new Uint8Array(16);
  private headerLength = 0;
  private box: OpenBox | undefined;
  private boxes = 0;
  private passedBytes = 0;

  constructor(options: BoxStreamOptions) {
    this.options = options;
  }

  /** Bytes so far. */
  get position(): number {
    return this.passedBytes;
  }

  /**
   * Takes the next bytes, cut anywhere. Nothing of the chunk is kept.
   *
   * @throws InvalidVideo for what cannot be a box, a wanted box that is too long, too many boxes, and what `onBox` throws
   */
  push(chunk: Uint8Array): void {
    let read = 0;
    while (read < chunk.length) {
      const rest = chunk.subarray(read);
      read += this.box ? this.readPayload(this.box, rest) : this.readHeader(rest);
    }
  }

  /**
   * Says that the file has ended: a box that lasts to the end of the file is whole now.
   *
   * @throws InvalidVideo when another box is not, and what `onBox` throws
   */
  end(): void {
    if (this.box?.size === 0) this.closeBox(this.box);
    if (!this.box && this.headerLength === 0) return;
    const where = this.box ? `in its "${this.box.type}" box` : 'between two boxes';
    throw new InvalidVideo(`The video is cut short: it ends ${where}, after ${this.position} bytes.`);
  }

  /** Takes bytes of a box's header; answers how many. */
  private readHeader(bytes: Uint8Array): number {
    const needed = this.headerLength < 8 ? 8 : boxHeaderBytes(this.header);
    const taken = Math.min(bytes.length, needed - this.headerLength);
    this.header.set(bytes.subarray(0, taken), this.headerLength);
    this.headerLength += taken;
    this.passedBytes += taken;
    if (this.headerLength >= 8 && this.headerLength === boxHeaderBytes(this.header)) {
      this.headerLength = 0;
      this.openBox(readBoxHeader(this.header));
    }
    return taken;
  }

  private openBox(header: BoxHeader): void {
    this.boxes += 1;
    if (this.boxes > MAX_BOXES)
      throw new InvalidVideo(`The video is damaged: it has more than ${MAX_BOXES} boxes.`);
    const isWanted = this.options.isWanted(header.type);
    if (isWanted && header.size > this.options.maxHeldBytes) throw this.tooLong(header);
    const box = {
      ...header,
      start: this.position - header.headerBytes,
      remaining: header.size === 0 ? Number.POSITIVE_INFINITY : header.size - header.headerBytes,
      held: isWanted ? new HeldBytes() : undefined,
    };
    this.box = box;
    if (box.remaining === 0) this.closeBox(box);
  }

  /** Takes bytes of the open box's payload; answers how many. */
  private readPayload(box: OpenBox, bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, box.remaining);
    if (box.held) {
      // A box without an end of its own is measured as it comes.
      if (box.held.length + taken > this.options.maxHeldBytes) throw this.tooLong(box);
      box.held.append(bytes.subarray(0, taken));
    }
    this.passedBytes += taken;
    box.remaining -= taken;
    if (box.remaining === 0) this.closeBox(box);
    return taken;
  }

  private closeBox({ type, start, headerBytes, held }: OpenBox): void {
    this.box = undefined;
    const content = held && new Box(type, held.bytes());
    this.options.onBox({ type, start, payloadStart: start + headerBytes, end: this.position, content });
  }

  private tooLong({ type }: BoxHeader): InvalidVideo {
    return new InvalidVideo(`The video's "${type}" box is longer than ${this.options.maxHeldBytes} bytes.`);
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
