import { InvalidVideo } from '../../kernel/errors.ts';
import type { Box } from './boxes.ts';

/** Where a track's samples (its pictures) lie in the file. */
export interface SampleLayout {
  readonly samples: number;
  readonly bytes: number;
  /** Offset of the first byte any chunk uses; infinite when there is none. */
  readonly firstByte: number;
  /** Offset behind the last byte any chunk uses. */
  readonly endByte: number;
}

interface SampleSizes {
  readonly samples: number;
  /** Bytes of `count` samples from `first` on. A table throws behind its end. */
  sum(first: number, count: number): number;
}

const disagreement = (): InvalidVideo =>
  new InvalidVideo('The video is damaged: its sample tables contradict each other.');

/**
 * Walks `stsz`/`stz2`, `stsc` and `stco`/`co64` together. Work and memory follow the bytes of the tables, not the counts in
 * them: one entry of `stsz` may stand for 2^32 samples of one size, and is multiplied, not repeated.
 *
 * @throws InvalidVideo when the tables are missing, short, or do not describe the same samples
 * @see ISO/IEC 14496-12 §8.7
 */
export const readSampleLayout = (sampleTable: Box): SampleLayout => {
  const sizes = readSampleSizes(sampleTable);
  const chunks = readChunkOffsets(sampleTable);
  const samplesPerChunk = readSamplesPerChunk(sampleTable);

  let samples = 0;
  let bytes = 0;
  let firstByte = Number.POSITIVE_INFINITY;
  let endByte = 0;
  for (let chunk = 0; chunk < chunks.count; chunk += 1) {
    const count = samplesPerChunk(chunk);
    const chunkBytes = sizes.sum(samples, count);
    const start = chunks.offset(chunk);
    firstByte = Math.min(firstByte, start);
    endByte = Math.max(endByte, start + chunkBytes);
    samples += count;
    bytes += chunkBytes;
  }
  if (samples !== sizes.samples) throw disagreement();
  return { samples, bytes, firstByte, endByte };
};

const readSampleSizes = (sampleTable: Box): SampleSizes => {
  const compact = sampleTable.child('stz2');
  if (compact) return readCompactSizes(compact);
  const box = sampleTable.required('stsz');
  const commonSize = box.uint32(4);
  const samples = box.uint32(8);
  if (commonSize !== 0) return { samples, sum: (_first, count) => count * commonSize };
  box.need(12, samples * 4);
  return { samples, sum: (first, count) => sumOf(first, count, (sample) => box.uint32(12 + sample * 4)) };
};

const readCompactSizes = (box: Box): SampleSizes => {
  const bits = box.uint8(7);
  const samples = box.uint32(8);
  if (bits !== 4 && bits !== 8 && bits !== 16) throw disagreement();
  box.need(12, Math.ceil((samples * bits) / 8));
  const sizeOf = (sample: number): number => {
    if (bits === 16) return box.uint16(12 + sample * 2);
    if (bits === 8) return box.uint8(12 + sample);
    const pair = box.uint8(12 + (sample >> 1));
    return sample % 2 === 0 ? pair >> 4 : pair & 0x0f;
  };
  return { samples, sum: (first, count) => sumOf(first, count, sizeOf) };
};

const sumOf = (first: number, count: number, sizeOf: (sample: number) => number): number => {
  let sum = 0;
  for (let sample = first; sample < first + count; sample += 1) sum += sizeOf(sample);
  return sum;
};

const readChunkOffsets = (sampleTable: Box): { count: number; offset: (chunk: number) => number } => {
  const large = sampleTable.child('co64');
  const box = large ?? sampleTable.required('stco');
  const count = box.uint32(4);
  box.need(8, count * (large ? 8 : 4));
  return { count, offset: (chunk) => (large ? box.uint64(8 + chunk * 8) : box.uint32(8 + chunk * 4)) };
};

/** Samples of a chunk (counted from 0). Each entry of `stsc` holds until the chunk the next one names; ask in order. */
const readSamplesPerChunk = (sampleTable: Box): ((chunk: number) => number) => {
  const box = sampleTable.required('stsc');
  const runs = box.uint32(4);
  box.need(8, runs * 12);
  let run = 0;
  return (chunk) => {
    if (runs === 0) throw disagreement();
    while (run + 1 < runs && box.uint32(8 + (run + 1) * 12) <= chunk + 1) run += 1;
    return box.uint32(8 + run * 12 + 4);
  };
};
