import * as z from 'zod';
import { Charged, type DetailType, FailureCode, type JobAction, JobStatus } from '../kernel/contract.ts';
import { ObjectLocation } from '../kernel/object-location.ts';
import { JobParameters, ParameterProblem } from '../request/parameters.ts';
import { Priority } from '../request/priority.ts';
import { Expectation } from './latency.ts';

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
export const UnconfirmedVerdict = z.object({
  verdict: z.string(),
  reason: z.string(),
  since: Time,
  /** When it was said last; of a download, when it was tried last. */
  lastAt: Time.exactOptional(),
  answers: z.number(),
});
export type UnconfirmedVerdict = z.infer<typeof UnconfirmedVerdict>;

/** Somebody does not want the video any more. What the provider said to it, where it was asked to stop. */
export const CancelRequest = z.object({
  by: z.string(),
  at: Time,
  /** The provider cannot be asked to stop: whatever it still makes is stored. */
  abandon: z.literal(true).exactOptional(),
  provider: z.enum(['asked', 'refused']).exactOptional(),
});
export type CancelRequest = z.infer<typeof CancelRequest>;

/** What an order holds of its owner's budget, and of which day (UTC); 0 when it was given back. */
export const Reservation = z.object({ day: z.string(), micros: z.number() });
export type Reservation = z.infer<typeof Reservation>;

/** A job that was taken to another provider before anything was ordered: where it was, and why it could not stay. */
export const Move = z.object({ provider: z.string(), model: z.string(), why: z.string(), at: Time });
export type Move = z.infer<typeof Move>;

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

/** A further video of a job, in the bucket of its first. */
export const StoredAt = z.object({ key: z.string(), versionId: z.string().exactOptional() });
export type StoredAt = z.infer<typeof StoredAt>;

/** The batch that a job is of, and its line there. */
export const BatchRow = z.object({ batchId: z.string(), line: z.int().positive() });
export type BatchRow = z.infer<typeof BatchRow>;

/** The part of a job that changes: at most 1 KB, the only indexed item. */
export const JobState = z.object({
  jobId: z.string(),
  owner: z.string(),
  status: JobStatus,
  /** Which execution may move the job; a step of an older run ends. */
  run: z.int().positive(),
  /** Its place in the provider's queue: kept, once it had to wait, until its order is taken. */
  queueKey: z.string().exactOptional(),
  /** The slot that it holds while it is sent or made, where the provider has slots or it had to wait. */
  slot: z.string().exactOptional(),
  /** When its order may leave, where the pace is limited or it had to wait. */
  sendAt: Time.exactOptional(),
  /** How often its order alone was refused for something that would meet every order. */
  openedCircuits: z.int().positive().exactOptional(),
  /** Counts every change; a write says which one it follows. Moving `dueAt` alone is none. */
  revision: z.int().positive(),
  /** Number of the last event of the timeline. */
  sequence: z.int().positive(),
  /** Number of the last submit attempt; 0 before the first. */
  attempt: z.int().nonnegative(),
  /** The attempt after which a person allowed another, although it may have been charged. */
  confirmedAttempt: z.int().positive().exactOptional(),
  /** What earlier orders of this job may have cost, besides the last one. */
  atStakeMicros: z.number().exactOptional(),
  /** The last order ended free; what may have been charged is of earlier ones. */
  lastSubmitWasFree: z.literal(true).exactOptional(),
  cancelRequest: CancelRequest.exactOptional(),
  /** When a person started it again from the beginning: patience with a provider counts from here. */
  redrivenAt: Time.exactOptional(),
  /** How often its workflow was started again since the job last got on. */
  repairs: z.int().positive().exactOptional(),
  /** Who made the last change. */
  actor: z.string(),
  overdue: z.boolean().exactOptional(),
  attention: z.object({ reason: z.string(), since: Time }).exactOptional(),
  provider: z.string().exactOptional(),
  model: z.string().exactOptional(),
  priceMicros: z.number().exactOptional(),
  costMicros: z.number().exactOptional(),
  /** Of the budget, for the present order; only where its owner has a limit. Settled when the job ends. */
  reserved: Reservation.exactOptional(),
  /** The same of earlier orders that may have been charged. */
  reservedBefore: z.array(Reservation).exactOptional(),
  /** Where it was to be made before, oldest first. */
  movedFrom: z.array(Move).exactOptional(),
  source: ObjectLocation.exactOptional(),
  batch: BatchRow.exactOptional(),
  outputKey: z.string(),
  frame: CheckedFrame.exactOptional(),
  lastFrame: CheckedFrame.exactOptional(),
  referenceFrames: z.array(CheckedFrame).exactOptional(),
  task: z.object({ id: z.string(), resultUrl: z.string().exactOptional() }).exactOptional(),
  unconfirmed: UnconfirmedVerdict.exactOptional(),
  createdAt: Time,
  updatedAt: Time,
  /** When something should have happened to an open job; the sweeper's index. */
  dueAt: Time.exactOptional(),
  /** When its video may be expected, as learned from others before it was ordered. */
  expected: Expectation.exactOptional(),
  submittedAt: Time.exactOptional(),
  readyAt: Time.exactOptional(),
  mustDownloadBy: Time.exactOptional(),
  finishedAt: Time.exactOptional(),
  video: StoredVideo.exactOptional(),
  /** How many videos were stored, when there is more than one. */
  videoCount: z.number().exactOptional(),
  /** Where the second one and those after it are. */
  moreVideos: z.array(StoredAt).exactOptional(),
  failure: Failure.exactOptional(),
});
export type JobState = z.infer<typeof JobState>;

/** A video to be continued: one of ours, an address that the provider can open, or what an earlier job made there. */
export const VideoSource = z.union([
  ObjectLocation,
  z.object({ uri: z.string() }),
  z.object({ jobId: z.string() }),
]);
export type VideoSource = z.infer<typeof VideoSource>;

/** A frame to be fetched before anything is ordered: from where, and where it is kept. The address may be a secret: never shown. */
export const FrameFetch = z.object({ location: ObjectLocation, url: z.string() });
export type FrameFetch = z.infer<typeof FrameFetch>;

/** The part that never changes: what was asked, or what was wrong with it. The frames that are there say the scene. */
export const JobRequest = z.object({
  parameters: JobParameters.exactOptional(),
  problems: z.array(ParameterProblem).exactOptional(),
  startFrame: ObjectLocation.exactOptional(),
  lastFrame: ObjectLocation.exactOptional(),
  referenceFrames: z.array(ObjectLocation).exactOptional(),
  video: VideoSource.exactOptional(),
  /** Says nothing about the video: who goes first where jobs wait. */
  priority: Priority.exactOptional(),
  /** Of the frames above those that are not ours yet. */
  fetches: z.array(FrameFetch).exactOptional(),
  /** What the caller said that says nothing about the video; shown again in events and the manifest. */
  metadata: z.record(z.string(), z.string()),
  /** Told of the job's events; it may be a secret, so nobody is shown more than its host. */
  webhookUrl: z.string().exactOptional(),
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
  /** What was done, where the event's type alone does not say. */
  readonly action?: JobAction;
}

export const isEnded = ({ status }: JobState): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled';
