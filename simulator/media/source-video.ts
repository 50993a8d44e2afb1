import { createHash } from 'node:crypto';
import { invalid } from '../http/refusal.ts';

/** A video that a client wants to extend. */
export interface SourceVideo {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly type: 'mp4';
  /** Undefined where the header does not state it, as in a file that is written while it is recorded. */
  readonly durationSeconds: number | undefined;
}

/** Refuses with the field's name what is no MP4 (QuickTime is close to one). It reads the header only: a broken video fails in the render. */
export const videoFromBytes = (field: string, bytes: Buffer): SourceVideo => {
  const [box, brand] = [bytes.toString('latin1', 4, 8), bytes.toString('latin1', 8, 12)];
  if (box !== 'ftyp' || brand === 'qt  ') throw invalid(field, 'is no MP4 video');
  return {
    bytes,
    type: 'mp4',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    durationSeconds: durationIn(bytes),
  };
};

/** mvhd: version, flags, creation and modification time (8 bytes each in version 1, else 4), units a second, units. */
const durationIn = (bytes: Buffer): number | undefined => {
  const box = bytes.indexOf('mvhd');
  if (box < 0 || bytes.length < box + 36) return undefined;
  const isLong = bytes.readUInt8(box + 4) === 1;
  const scale = bytes.readUInt32BE(box + (isLong ? 24 : 16));
  const units = isLong ? Number(bytes.readBigUInt64BE(box + 28)) : bytes.readUInt32BE(box + 20);
  return scale > 0 && units > 0 ? Math.round(units / scale) : undefined;
};
