import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
const algorithms: Readonly<Record<string, (data: Buffer) => Buffer>> = {
  'x-amz-checksum-crc32': (data) => uint32(crc32(data)),
  'x-amz-checksum-crc32c': (data) => uint32(crc32c(data)),
  'x-amz-checksum-sha1': (data) => createHash('sha1').update(data).digest(),
  'x-amz-checksum-sha256': (data) => createHash('sha256').update(data).digest(),
};

/** Whether a header or trailer has the right checksum of the data. Undefined: not an algorithm that is known here. */
export const isChecksumRight = (name: string, value: string, data: Buffer): boolean | undefined => {
  const algorithm = algorithms[name];
  return algorithm && algorithm(data).toString('base64') === value;
};

export const checksumNames = Object.keys(algorithms);

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

// Castagnoli's polynomial, reversed.
const table = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

const crc32c = (data: Buffer): number => {
  let value = 0xffffffff;
  for (const byte of data) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return ~value;
};
