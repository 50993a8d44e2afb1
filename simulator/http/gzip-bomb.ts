import { gzipSync } from 'node:zlib';

const fillerBytes = 16 * 1024 * 1024;
const fillers = 64;

/** Gzip that unpacks to `start` and then 1 GB of one byte, from about 1 MB. Several members in a row are one file (RFC 1952). */
export const gzipBomb = (start: Buffer, filler: number): Buffer => {
  const pack = gzipSync(Buffer.alloc(fillerBytes, filler));
  return Buffer.concat([gzipSync(start), ...Array<Buffer>(fillers).fill(pack)]);
};
