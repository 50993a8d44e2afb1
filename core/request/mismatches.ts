import { ratioOf } from '../kernel/closest-match.ts';
import type { VideoRequest } from '../providers/provider.ts';

const LINES: Readonly<Record<string, number>> = { '720p': 720, '1080p': 1080, '4k': 2160 };
/** How far a video may differ without a note: in seconds, and as a share of a side or of the aspect ratio. */
const SECONDS_OFF = 1;
const SHARE_OFF = 0.03;

export type RequestedVideo = Pick<
  VideoRequest,
  'durationSeconds' | 'resolution' | 'aspectRatio' | 'videoCount' | 'video'
>;

/** The properties of a finished video that can be compared with the request. */
export interface MadeVideo {
  readonly durationSeconds: number;
  readonly width: number;
  readonly height: number;
}

/** How the videos differ from the request, a sentence each. They are recorded; no paid video is thrown away for them. */
export const mismatches = (requested: RequestedVideo, videos: readonly MadeVideo[]): string[] => {
  const { videoCount = 1 } = requested;
  const missing =
    videos.length < videoCount ? [`${videoCount} videos were requested, ${videos.length} came.`] : [];
  return [...missing, ...videos.flatMap((video) => mismatchesOf(video, requested))];
};

const mismatchesOf = ({ durationSeconds, width, height }: MadeVideo, requested: RequestedVideo): string[] => {
  const notes: string[] = [];
  // Only the provider knows the whole length of a continued video.
  if (requested.video === undefined && Math.abs(durationSeconds - requested.durationSeconds) > SECONDS_OFF)
    notes.push(`The video is ${durationSeconds} s long, ${requested.durationSeconds} s were requested.`);
  const isOff = (is: number, wanted: number | undefined) =>
    wanted !== undefined && Math.abs(is / wanted - 1) > SHARE_OFF;
  if (isOff(Math.min(width, height), LINES[requested.resolution]))
    notes.push(`The video is ${width} × ${height}, ${requested.resolution} was requested.`);
  if (isOff(width / height, ratioOf(requested.aspectRatio)))
    notes.push(`The video is ${width} × ${height}, ${requested.aspectRatio} was requested.`);
  return notes;
};
