import type { Box } from './boxes.ts';
import type { FragmentDefaults, Movie } from './movie.ts';

/** What one fragment (`moof`) adds to the video track. */
export interface Fragment {
  readonly samples: number;
  readonly bytes: number;
  /** In the video track's ticks. */
  readonly duration: number;
  /** Offset in the file of the first byte that any track of the fragment uses; infinite when none does. */
  readonly firstByte: number;
  /** Offset in the file behind the last byte that any track of the fragment uses. */
  readonly endByte: number;
}

interface Run {
  readonly samples: number;
  readonly bytes: number;
  readonly duration: number;
  /** Undefined: where the run before ended. */
  readonly dataOffset: number | undefined;
}

const TFHD = {
  baseDataOffset: 0x1,
  sampleDescription: 0x2,
  duration: 0x8,
  size: 0x10,
  baseIsMoof: 0x020000,
} as const;
const TRUN = {
  dataOffset: 0x1,
  firstFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  compositionOffset: 0x800,
} as const;
const NO_DEFAULTS: FragmentDefaults = { duration: 0, size: 0 };

/**
 * Reads a `moof` box that starts at `start` in the file. A run without tables is multiplied, not repeated: its sample count
 * may be 2^32.
 *
 * @throws InvalidVideo when it is damaged
 * @see ISO/IEC 14496-12 §8.8
 */
export const readFragment = (moof: Box, start: number, movie: Movie): Fragment => {
  const totals: Totals = {
    samples: 0,
    bytes: 0,
    duration: 0,
    firstByte: Number.POSITIVE_INFINITY,
    endByte: 0,
  };
  let previousTrackEnd = start;
  for (const trackFragment of moof.children()) {
    if (trackFragment.type !== 'traf') continue;
    const header = readHeader(trackFragment.required('tfhd'), movie);
    const base = header.baseDataOffset ?? (header.baseIsMoof ? start : previousTrackEnd);
    const isVideo = header.trackId === movie.video.id;
    previousTrackEnd = addRuns(totals, trackFragment, { base, defaults: header.defaults, isVideo });
  }
  return totals;
};

type Totals = { -readonly [Name in keyof Fragment]: Fragment[Name] };

/** Adds the runs of one track to the totals; returns where its last run ends. */
const addRuns = (
  totals: Totals,
  trackFragment: Box,
  track: { readonly base: number; readonly defaults: FragmentDefaults; readonly isVideo: boolean },
): number => {
  let position = track.base;
  for (const box of trackFragment.children()) {
    if (box.type !== 'trun') continue;
    const run = readRun(box, track.defaults);
    const runStart = run.dataOffset === undefined ? position : track.base + run.dataOffset;
    position = runStart + run.bytes;
    if (run.bytes > 0) {
      totals.firstByte = Math.min(totals.firstByte, runStart);
      totals.endByte = Math.max(totals.endByte, position);
    }
    if (!track.isVideo) continue;
    totals.samples += run.samples;
    totals.bytes += run.bytes;
    totals.duration += run.duration;
  }
  return position;
};

const readHeader = (header: Box, movie: Movie) => {
  const { flags } = header;
  const trackId = header.uint32(4);
  const movieDefaults = movie.fragmentDefaults.get(trackId) ?? NO_DEFAULTS;
  let at = 8;
  const next = (flag: number, bytes: number): number | undefined => {
    if ((flags & flag) === 0) return undefined;
    const value = bytes === 8 ? header.uint64(at) : header.uint32(at);
    at += bytes;
    return value;
  };
  // Optional fields follow each other in the order of their flags.
  const baseDataOffset = next(TFHD.baseDataOffset, 8);
  next(TFHD.sampleDescription, 4);
  const duration = next(TFHD.duration, 4) ?? movieDefaults.duration;
  const size = next(TFHD.size, 4) ?? movieDefaults.size;
  return {
    trackId,
    baseDataOffset,
    baseIsMoof: (flags & TFHD.baseIsMoof) !== 0,
    defaults: { duration, size },
  };
};

const readRun = (run: Box, defaults: FragmentDefaults): Run => {
  const { flags } = run;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const samples = run.uint32(4);
  const dataOffset = has(TRUN.dataOffset) ? run.int32(8) : undefined;
  const table = 8 + (has(TRUN.dataOffset) ? 4 : 0) + (has(TRUN.firstFlags) ? 4 : 0);
  const sizeAt = has(TRUN.duration) ? 4 : 0;
  const perSample = [TRUN.duration, TRUN.size, TRUN.flags, TRUN.compositionOffset].filter(has).length * 4;
  run.need(table, samples * perSample);

  const sum = (at: number): number => {
    let total = 0;
    for (let sample = 0; sample < samples; sample += 1) total += run.uint32(table + sample * perSample + at);
    return total;
  };
  return {
    samples,
    dataOffset,
    duration: has(TRUN.duration) ? sum(0) : samples * defaults.duration,
    bytes: has(TRUN.size) ? sum(sizeAt) : samples * defaults.size,
  };
};

/** What a segment index (`sidx`) promises. */
export interface SegmentIndex {
  readonly durationSeconds: number;
  /** Offset in the file behind the last segment. */
  readonly endByte: number;
}

/**
 * Reads a `sidx` box that ends at `end` in the file; its segments follow.
 *
 * @throws InvalidVideo when it is damaged
 * @see ISO/IEC 14496-12 §8.16.3
 */
export const readSegmentIndex = (index: Box, end: number): SegmentIndex => {
  const timescale = index.uint32(8);
  const isLong = index.version !== 0;
  const firstOffset = isLong ? index.uint64(20) : index.uint32(16);
  const table = isLong ? 28 : 20;
  const segments = index.uint16(table + 2);
  let duration = 0;
  let endByte = end + firstOffset;
  for (let segment = 0; segment < segments; segment += 1) {
    const at = table + 4 + segment * 12;
    endByte += index.uint32(at) & 0x7fffffff; // the top bit says whether another index is meant
    duration += index.uint32(at + 4);
  }
  return { durationSeconds: timescale === 0 ? 0 : duration / timescale, endByte };
};
