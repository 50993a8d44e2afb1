import { InvalidVideo } from '../../kernel/errors.ts';
import { textAt } from '../content-sniff.ts';

/** What the first bytes of a box say. `size` counts the header; 0 means "to the end of what holds it". */
export interface BoxHeader {
  readonly type: string;
  readonly size: number;
  readonly headerBytes: number;
}

const COMPACT_HEADER_BYTES = 8;
const LARGE_HEADER_BYTES = 16;

/** How many bytes the header of a box has: 8, or 16 when a 64-bit size follows. `start` needs 4 of its bytes. */
export const boxHeaderBytes = (start: Uint8Array): number =>
  viewOf(start).getUint32(0) === 1 ? LARGE_HEADER_BYTES : COMPACT_HEADER_BYTES;

/**
 * Reads the header of a box; the caller has `boxHeaderBytes` of it.
 *
 * @throws InvalidVideo when this cannot be a box: a size below its own header or beyond 2^53, a type that is no name
 * @see ISO/IEC 14496-12 §4.2
 */
export const readBoxHeader = (bytes: Uint8Array): BoxHeader => {
  const view = viewOf(bytes);
  const type = textAt(bytes, 4, 4);
  // Registered types are printable; QuickTime's may start with ©.
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type))
    throw new InvalidVideo('The video is damaged: there is no box where one must be.');

  const headerBytes = boxHeaderBytes(bytes);
  const size =
    headerBytes === LARGE_HEADER_BYTES ? view.getUint32(8) * 2 ** 32 + view.getUint32(12) : view.getUint32(0);
  if (size > Number.MAX_SAFE_INTEGER || (size !== 0 && size < headerBytes)) {
    throw new InvalidVideo(`The video is damaged: its ${name(type)} has an impossible size.`);
  }
  return { type, size, headerBytes };
};

/**
 * A box held in memory. Reading outside it, or finding a child that reaches outside it, throws InvalidVideo; so a parser of
 * known paths needs no check of its own, and cannot be led anywhere but forward.
 */
export class Box {
  readonly type: string;
  private readonly payload: Uint8Array;
  private readonly view: DataView;

  constructor(type: string, payload: Uint8Array) {
    this.type = type;
    this.payload = payload;
    this.view = viewOf(payload);
  }

  get length(): number {
    return this.payload.length;
  }

  uint8(at: number): number {
    this.need(at, 1);
    return this.view.getUint8(at);
  }

  uint16(at: number): number {
    this.need(at, 2);
    return this.view.getUint16(at);
  }

  uint32(at: number): number {
    this.need(at, 4);
    return this.view.getUint32(at);
  }

  int32(at: number): number {
    this.need(at, 4);
    return this.view.getInt32(at);
  }

  /** Exact up to 2^53, and a very large number beyond: enough to compare with the end of a file. */
  uint64(at: number): number {
    return this.uint32(at) * 2 ** 32 + this.uint32(at + 4);
  }

  text(at: number, length: number): string {
    this.need(at, length);
    return textAt(this.payload, at, length);
  }

  /** A full box's first byte. */
  get version(): number {
    return this.uint8(0);
  }

  /** A full box's 24 flags. */
  get flags(): number {
    return this.uint32(0) & 0xffffff;
  }

  /**
   * The boxes inside, one after the other, from an offset on (`stsd` has a count before its entries). Up to seven bytes
   * behind the last one are ignored: QuickTime ends some lists with four zeros.
   */
  *children(from = 0): Generator<Box> {
    let position = from;
    while (position + COMPACT_HEADER_BYTES <= this.payload.length) {
      this.need(position, boxHeaderBytes(this.payload.subarray(position)));
      const { type, size, headerBytes } = readBoxHeader(
        this.payload.subarray(position, position + LARGE_HEADER_BYTES),
      );
      const end = size === 0 ? this.payload.length : position + size;
      if (end > this.payload.length) {
        throw new InvalidVideo(
          `The video is damaged: its ${name(type)} reaches out of its ${name(this.type)}.`,
        );
      }
      yield new Box(type, this.payload.subarray(position + headerBytes, end));
      position = end;
    }
  }

  /** The first box of a type inside. */
  child(type: string): Box | undefined {
    for (const box of this.children()) if (box.type === type) return box;
    return undefined;
  }

  /** The first box at the end of a path of types; each step takes the first of its type. */
  descendant(...path: readonly string[]): Box | undefined {
    return path.reduce<Box | undefined>((box, type) => box?.child(type), this);
  }

  /** @throws InvalidVideo when there is none */
  required(type: string): Box {
    const box = this.child(type);
    if (!box) throw new InvalidVideo(`The video is damaged: its ${name(this.type)} has no ${name(type)}.`);
    return box;
  }

  /** @throws InvalidVideo unless the box has these bytes */
  need(at: number, bytes: number): void {
    if (at + bytes > this.payload.length) {
      throw new InvalidVideo(`The video is damaged: its ${name(this.type)} is too short.`);
    }
  }
}

const name = (type: string): string => `"${type}" box`;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
