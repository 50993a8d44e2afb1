import { InvalidVideo } from '../../kernel/errors.ts';
import type { Box } from './boxes.ts';
import { readSampleLayout, type SampleLayout } from './samples.ts';

export interface VideoTrack {
  readonly id: number;
  /** Pixels, as coded; the size the track is shown at when the coded one is missing. */
  readonly width: number;
  readonly height: number;
  /** Four letters of the sample entry: `avc1`, `hvc1`, `av01`, … */
  readonly codec: string;
  /** Ticks per second of this track, in which fragments count. */
  readonly timescale: number;
  readonly layout: SampleLayout;
}

/** What a fragment leaves out, for one track. Duration in the track's ticks, size in bytes. */
export interface FragmentDefaults {
  readonly duration: number;
  readonly size: number;
}

export interface Movie {
  /** The first video track that has a size. */
  readonly video: VideoTrack;
  readonly hasAudio: boolean;
  /** Seconds, as the header says: the movie's, else its longest track's; 0 when neither says. */
  readonly durationSeconds: number;
  /** Seconds, as the header of a fragmented movie says (`mehd`); 0 when it does not. */
  readonly fragmentedDurationSeconds: number;
  /** Per track id, for a fragmented movie. */
  readonly fragmentDefaults: ReadonlyMap<number, FragmentDefaults>;
}

/**
 * Reads a `moov` box.
 *
 * @throws InvalidVideo when it is damaged or describes no video track with a size
 * @see ISO/IEC 14496-12 §8.2 to §8.8, and QuickTime File Format, whose `moov` this also reads
 */
export const readMovie = (moov: Box): Movie => {
  const movieTime = readTime(moov.required('mvhd'));
  let video: VideoTrack | undefined;
  let hasAudio = false;
  let longestTrackSeconds = 0;
  for (const track of moov.children()) {
    if (track.type !== 'trak') continue;
    const media = track.required('mdia');
    const time = readTime(media.required('mdhd'));
    longestTrackSeconds = Math.max(longestTrackSeconds, secondsOf(time));
    const handler = media.required('hdlr').text(8, 4);
    if (handler === 'soun') hasAudio = true;
    if (handler === 'vide') video ??= readVideoTrack(track, media, time.timescale);
  }
  if (!video) {
    throw new InvalidVideo(
      hasAudio ? 'The file has sound but no pictures.' : 'The video has no video track.',
    );
  }

  const movieExtends = moov.child('mvex');
  return {
    video,
    hasAudio,
    durationSeconds: secondsOf(movieTime) || longestTrackSeconds,
    fragmentedDurationSeconds: readFragmentedDuration(movieExtends, movieTime.timescale),
    fragmentDefaults: readFragmentDefaults(movieExtends),
  };
};

interface Time {
  readonly timescale: number;
  /** Ticks; 0 when unknown. */
  readonly duration: number;
}

const secondsOf = ({ timescale, duration }: Time): number => (timescale === 0 ? 0 : duration / timescale);

/** `mvhd` and `mdhd` start alike; version 1 has 64-bit times. All ones mean "unknown". */
const readTime = (header: Box): Time => {
  return header.version === 1
    ? { timescale: header.uint32(20), duration: known64(header, 24) }
    : { timescale: header.uint32(12), duration: known32(header, 16) };
};

const known32 = (box: Box, at: number): number => {
  const duration = box.uint32(at);
  return duration === 0xffffffff ? 0 : duration;
};

const known64 = (box: Box, at: number): number => {
  const duration = box.uint64(at);
  return duration > Number.MAX_SAFE_INTEGER ? 0 : duration;
};

/** Undefined for a track without a size: a place holder cannot be shown. */
const readVideoTrack = (track: Box, media: Box, timescale: number): VideoTrack | undefined => {
  const header = track.required('tkhd');
  const isLong = header.version === 1;
  const sampleTable = media.required('minf').required('stbl');
  const [entry] = sampleTable.required('stsd').children(8);
  if (!entry) throw new InvalidVideo('The video is damaged: its video track does not say how it is coded.');

  // 16.16 fixed point
  const shownWidth = Math.round(header.uint32(isLong ? 88 : 76) / 65536);
  const shownHeight = Math.round(header.uint32(isLong ? 92 : 80) / 65536);
  const width = entry.uint16(24) || shownWidth;
  const height = entry.uint16(26) || shownHeight;
  if (width === 0 || height === 0) return undefined;
  const layout = readSampleLayout(sampleTable);
  return { id: header.uint32(isLong ? 20 : 12), width, height, codec: entry.type, timescale, layout };
};

const readFragmentedDuration = (movieExtends: Box | undefined, timescale: number): number => {
  const header = movieExtends?.child('mehd');
  if (!header) return 0;
  return secondsOf({ timescale, duration: header.version === 1 ? known64(header, 4) : known32(header, 4) });
};

const readFragmentDefaults = (movieExtends: Box | undefined): Map<number, FragmentDefaults> => {
  const defaults = new Map<number, FragmentDefaults>();
  for (const box of movieExtends?.children() ?? []) {
    if (box.type === 'trex') defaults.set(box.uint32(4), { duration: box.uint32(12), size: box.uint32(16) });
  }
  return defaults;
};
