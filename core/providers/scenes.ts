/** What a video can be made from. `image-to-video` and `first-and-last-frame` begin with a start frame. */
export const scenes = [
  'text-to-video',
  'image-to-video',
  'first-and-last-frame',
  'reference-to-video',
  'video-to-video',
] as const;
export type Scene = (typeof scenes)[number];

/** What goes along with a prompt; only whether it is there counts. */
export interface Media {
  readonly startFrame?: unknown;
  readonly lastFrame?: unknown;
  readonly referenceFrames?: readonly unknown[];
  readonly video?: unknown;
}

export const sceneOf = ({ startFrame, lastFrame, referenceFrames, video }: Media): Scene => {
  if (video !== undefined) return 'video-to-video';
  if (referenceFrames !== undefined && referenceFrames.length > 0) return 'reference-to-video';
  if (startFrame === undefined) return 'text-to-video';
  return lastFrame === undefined ? 'image-to-video' : 'first-and-last-frame';
};
