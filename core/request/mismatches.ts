import { ratioOf } from '../kernel/closest-match.ts';
import type { VideoRequest } from '../providers/provider.ts';

const LINES: Readonly<Record<string, number>> = { '720p': 720, '1080p': 1080, '4k': 2160 };
/** Seconds, and share of a side, that what is made may be off without a word. */
const SECONDS_OFF = 1;
const SHARE_OFF = 0.03;

export type AskedVideo = Pick<
  VideoRequest,
  'durationSeconds' | 'resolution' | 'aspectRatio' | 'videoCount' | 'video'
>;

/** What was made, as far as it can be compared with what was asked. */
export interface MadeVideo {
  readonly durationSeconds: number;
  readonly width: number;
  readonly height: number;
}

/** What is not as it was asked, a sentence each: recorded, never a reason to throw away what was paid for. */
export const mismatches = (asked: AskedVideo, videos: readonly MadeVideo[]): string[] => {
  const { videoCount = 1 } = asked;
  const missing =
    videos.length < videoCount ? [`${videoCount} videos were asked for, ${videos.length} came.`] : [];
  return [...missing, ...videos.flatMap((video) => mismatchesOf(video, asked))];
};

const mismatchesOf = ({ durationSeconds, width, height }: MadeVideo, asked: AskedVideo): string[] => {
  const notes: string[] = [];
  // Of a continued video only the provider knows how long the whole is.
  if (asked.video === undefined && Math.abs(durationSeconds - asked.durationSeconds) > SECONDS_OFF)
    notes.push(`The video is ${durationSeconds} s long, ${asked.durationSeconds} s were asked for.`);
  const isOff = (is: number, wanted: number | undefined) =>
    wanted !== undefined && Math.abs(is / wanted - 1) > SHARE_OFF;
  if (isOff(Math.min(width, height), LINES[asked.resolution]))
    notes.push(`The video is ${width} × ${height}, ${asked.resolution} was asked for.`);
  if (isOff(width / height, ratioOf(asked.aspectRatio)))
    notes.push(`The video is ${width} × ${height}, ${asked.aspectRatio} was asked for.`);
  return notes;
};
