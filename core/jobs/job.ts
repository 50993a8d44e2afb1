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

/** What the inspection of a frame's content found. */
export const CheckedFrame = z.object({
  mimeType: z.string(),
  width: z.number(),
  height: z.number(),
  bytes: z.number(),
  sha256: z.string(),
});
export type CheckedFrame = z.infer<typeof CheckedFrame>;

/** A verdict that is not confirmed yet: which, since when, and how often. */
export const UnconfirmedVerdict = z.object({
  verdict: z.string(),
  reason: z.string(),
  since: Time,
  /** The time of the last answer; for a download, of the last try. */
  lastAt: Time.exactOptional(),
  answers: z.number(),
});
export type UnconfirmedVerdict = z.infer<typeof UnconfirmedVerdict>;

/** A request to cancel, and what the provider answered if it was asked to stop. */
export const CancelRequest = z.object({
  by: z.string(),
  at: Time,
  /** The provider cannot stop: a video that comes is stored. */
  abandon: z.literal(true).exactOptional(),
  provider: z.enum(['asked', 'refused']).exactOptional(),
});
export type CancelRequest = z.infer<typeof CancelRequest>;

/** What a submit reserves of its owner's budget, and of which day (UTC); 0 after a refund. */
export const Reservation = z.object({ day: z.string(), micros: z.number() });
export type Reservation = z.infer<typeof Reservation>;

/** A move to another provider before any submit: where the job was, and why it could not stay. */
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

/** The batch of a job, and its line there. */
export const BatchRow = z.object({ batchId: z.string(), line: z.int().positive() });
export type BatchRow = z.infer<typeof BatchRow>;

/** The part of a job that changes: at most 1 KB, the only indexed item. */
export const JobState = z.object({
  jobId: z.string(),
  owner: z.string(),
  status: JobStatus,
  /** Which execution may change the job; a step of an older run ends. */
  run: z.int().positive(),
  /** The sort key in the provider's queue: kept from the first wait until the provider accepts the submit. */
  queueKey: z.string().exactOptional(),
  /** The slot while the job is in flight, if the provider has slots or the job had to wait. */
  slot: z.string().exactOptional(),
  /** The send slot, if the rate is limited or the job had to wait. */
  sendAt: Time.exactOptional(),
  /** How often this job's submit opened the circuit of its provider. */
  openedCircuits: z.int().positive().exactOptional(),
  /** Counts every change; a write says which one it follows. Moving `dueAt` alone is none. */
  revision: z.int().positive(),
  /** Number of the last event of the timeline. */
  sequence: z.int().positive(),
  /** Number of the last submit attempt; 0 before the first. */
  attempt: z.int().nonnegative(),
  /** The attempt after which a person confirmed another, although it may have been charged. */
  confirmedAttempt: z.int().positive().exactOptional(),
  /** What earlier submits of this job may have cost, besides the last one. */
  atStakeMicros: z.number().exactOptional(),
  /** The last submit ended free; only earlier ones may have been charged. */
  lastSubmitWasFree: z.literal(true).exactOptional(),
  cancelRequest: CancelRequest.exactOptional(),
  /** When a person last started it again from the beginning: failover forgets the moves before. */
  redrivenAt: Time.exactOptional(),
  /** How often its workflow was started again since the last progress. */
  repairs: z.int().positive().exactOptional(),
  /** Who made the last change. */
  actor: z.string(),
  overdue: z.boolean().exactOptional(),
  attention: z.object({ reason: z.string(), since: Time }).exactOptional(),
  provider: z.string().exactOptional(),
  model: z.string().exactOptional(),
  priceMicros: z.number().exactOptional(),
  costMicros: z.number().exactOptional(),
  /** The reservation of the present submit; only if the owner has a limit. Settled when the job ends. */
  reserved: Reservation.exactOptional(),
  /** The reservations of earlier submits that may have been charged. */
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
  /** When an open job should have changed by; the sweeper's index. */
  dueAt: Time.exactOptional(),
  /** When the video may be expected, as learned from earlier videos. */
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

/** A frame to be fetched before the submit: from where, and where it is kept. The address may be a secret: never shown. */
export const FrameFetch = z.object({ location: ObjectLocation, url: z.string() });
export type FrameFetch = z.infer<typeof FrameFetch>;

/** The part that never changes: the parameters, or what is wrong with them. The frames determine the scene. */
export const JobRequest = z.object({
  parameters: JobParameters.exactOptional(),
  problems: z.array(ParameterProblem).exactOptional(),
  startFrame: ObjectLocation.exactOptional(),
  lastFrame: ObjectLocation.exactOptional(),
  referenceFrames: z.array(ObjectLocation).exactOptional(),
  video: VideoSource.exactOptional(),
  /** Which job goes first in a queue; it does not change the video. */
  priority: Priority.exactOptional(),
  /** The frames above that still have to be fetched. */
  fetches: z.array(FrameFetch).exactOptional(),
  /** The caller's metadata that is no parameter; events and the manifest repeat it. */
  metadata: z.record(z.string(), z.string()),
  /** Receives the job's events; it may be a secret, so only its host is shown. */
  webhookUrl: z.string().exactOptional(),
  requestHash: z.string(),
});
export type JobRequest = z.infer<typeof JobRequest>;

export interface Job {
  readonly state: JobState;
  readonly request: JobRequest;
}

/** A write still to be made: the next state, and its event. */
export interface JobChange {
  readonly state: JobState;
  readonly event?: DetailType;
  /** What was done, if the event's type does not say. */
  readonly action?: JobAction;
}

export const isEnded = ({ status }: JobState): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled';
