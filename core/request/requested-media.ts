import type { FrameName, VideoName } from './job-request.ts';

/** An object of the inbox, named by its key alone: a drop's metadata may do so. */
interface InboxObject {
  readonly inboxKey: string;
}

/** A frame as a caller names it. It stays this union until the object is found or the address is fetched. */
export type FrameReference = FrameName | InboxObject;

/** A video to continue, as a caller names it. A drop's metadata may also name an upload or an object of the inbox. */
export type VideoReference = VideoName | Extract<FrameName, { key: string }> | InboxObject;

/** A frame or video of our own buckets. */
export type ObjectReference = Extract<FrameReference, { key: string } | { s3Uri: string } | InboxObject>;

/** The part of it that the caller wrote: a key, an address, or the id of a job. For people; nothing reads it again. */
export const shownMedia = (media: FrameReference | VideoReference): string => {
  const [name] = Object.values(media);
  return String(name);
};
