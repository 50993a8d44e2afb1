import * as z from 'zod';
import { Charged, type DetailType, FailureCode, JobStatus } from './contract.ts';
import { JobParameters, ObjectLocation, ParameterProblem } from './parameters.ts';

/** Times are ISO 8601 in UTC, money is micro-dollars. */
const Time = z.iso.datetime();

export const Failure = z.object({
  code: FailureCode,
  message: z.string(),
  advice: z.string(),
  charged: Charged,
});
export type Failure = z.infer<typeof Failure>;

/** A frame that was looked at: what it is by its content. */
export const CheckedFrame = z.object({
  mimeType: z.string(),
  width: z.number(),
  height: z.number(),
  bytes: z.number(),
  sha256: z.string(),
});
export type CheckedFrame = z.infer<typeof CheckedFrame>;

/** A verdict that is not believed yet: who said what since when, and how often. */
export const Doubt = z.object({ verdict: z.string(), reason: z.string(), since: Time, answers: z.number() });
export type Doubt = z.infer<typeof Doubt>;

export const StoredVideo = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string().exactOptional(),
  bytes: z.number(),
  sha256: z.string(),
  durationSeconds: z.number(),
  width: z.number(),
  height: z.number(),
});
export type StoredVideo = z.infer<typeof StoredVideo>;

/** The part of a job that changes: at most 1 KB, the only indexed item. */
export const JobState = z.object({
  jobId: z.string(),
  owner: z.string(),
  status: JobStatus,
  /** Which execution may move the job; a step of an older run ends. */
  run: z.int().positive(),
  /** Counts every write; a write says which one it follows. */
  revision: z.int().positive(),
  /** Number of the last event of the timeline. */
  sequence: z.int().positive(),
  /** Number of the last submit attempt; 0 before the first. */
  attempt: z.int().nonnegative(),
  /** Who made the last change. */
  actor: z.string(),
  overdue: z.boolean().exactOptional(),
  attention: z.object({ reason: z.string(), since: Time }).exactOptional(),
  provider: z.string().exactOptional(),
  model: z.string().exactOptional(),
  priceMicros: z.number().exactOptional(),
  costMicros: z.number().exactOptional(),
  source: ObjectLocation.exactOptional(),
  outputKey: z.string(),
  frame: CheckedFrame.exactOptional(),
  lastFrame: CheckedFrame.exactOptional(),
  task: z.object({ id: z.string(), resultUrl: z.string().exactOptional() }).exactOptional(),
  doubt: Doubt.exactOptional(),
  createdAt: Time,
  updatedAt: Time,
  /** When something should have happened to an open job; the sweeper's index. */
  dueAt: Time.exactOptional(),
  submittedAt: Time.exactOptional(),
  readyAt: Time.exactOptional(),
  mustDownloadBy: Time.exactOptional(),
  finishedAt: Time.exactOptional(),
  video: StoredVideo.exactOptional(),
  /** How many videos were stored, when there is more than one. */
  videoCount: z.number().exactOptional(),
  failure: Failure.exactOptional(),
});
export type JobState = z.infer<typeof JobState>;

/** The part that never changes: what was asked, or what was wrong with it. */
export const JobRequest = z.object({
  parameters: JobParameters.exactOptional(),
  problems: z.array(ParameterProblem).exactOptional(),
  startFrame: ObjectLocation,
  lastFrame: ObjectLocation.exactOptional(),
  /** What the caller said that says nothing about the video; shown again in events and the manifest. */
  metadata: z.record(z.string(), z.string()),
  requestHash: z.string(),
});
export type JobRequest = z.infer<typeof JobRequest>;

export interface Job {
  readonly state: JobState;
  readonly request: JobRequest;
}

/** A write still to be made: the state that follows, and the event that tells of it. */
export interface JobChange {
  readonly state: JobState;
  readonly event?: DetailType;
}

export const isEnded = ({ status }: JobState): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled';
