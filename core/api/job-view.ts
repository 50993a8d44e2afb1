import * as z from 'zod';
import { adviceOn } from '../jobs/attention.ts';
import { BatchRow, CancelRequest, Failure, type Job, Move, Reservation, StoredVideo } from '../jobs/job.ts';
import type { JobEvent } from '../jobs/job-event.ts';
import { DetailType, JobAction, JobStatus } from '../kernel/contract.ts';
import { ObjectLocation } from '../kernel/object-location.ts';
import { sceneOf, scenes } from '../providers/scenes.ts';
import { WaitingView } from '../queue/wait-reason.ts';
import { JobParameters } from '../request/parameters.ts';
import { Priority } from '../request/priority.ts';
import { Delivery } from '../webhooks/delivery.ts';
import { hostOfWebhook } from '../webhooks/settings.ts';
import { Progress } from './progress.ts';

const Time = z.iso.datetime();

const TimelineEntry = z
  .object({
    eventId: z.string(),
    type: DetailType,
    sequence: z.int().positive(),
    status: JobStatus,
    at: z.string(),
    actor: z.string(),
    action: JobAction.optional(),
  })
  .meta({ id: 'TimelineEntry' });

/** The job's webhook and its deliveries. The address is not shown: it may be all that protects the receiver. */
const WebhookView = z
  .object({
    host: z.string(),
    deliveries: z
      .array(Delivery)
      .optional()
      .describe('Every try of the last 30 days, in the order of the events.'),
  })
  .meta({ id: 'Webhook' });
export type WebhookView = z.infer<typeof WebhookView>;

/** A job as its owner sees it, without addresses that grant access, and without internals that may change. */
export const JobView = z
  .object({
    jobId: z.string(),
    status: JobStatus,
    waiting: WaitingView.optional().describe('Why it waits, while it is `queued`.'),
    progress: Progress.optional().describe('While it is `running`, in the answer of `GET /jobs/{id}`.'),
    run: z.int().positive(),
    owner: z.string(),
    provider: z.string().optional(),
    model: z.string().optional(),
    movedFrom: z.array(Move).optional(),
    parameters: JobParameters.optional(),
    scene: z.enum(scenes),
    batch: BatchRow.optional().describe('The batch that it belongs to.'),
    startFrame: ObjectLocation.optional(),
    lastFrame: ObjectLocation.optional(),
    referenceFrames: z.array(ObjectLocation).optional(),
    priority: Priority.optional(),
    metadata: z.record(z.string(), z.string()),
    createdAt: Time,
    updatedAt: Time,
    submittedAt: Time.optional(),
    finishedAt: Time.optional(),
    overdue: z.boolean().optional(),
    attention: z.object({ reason: z.string(), since: Time }).optional(),
    advice: z
      .object({
        whatToDo: z.string(),
        runbook: z.string().describe('Heading of docs/runbook.md, as in its link.'),
      })
      .optional()
      .describe('What a person can do, while the job needs attention.'),
    cancelRequest: CancelRequest.optional(),
    attempt: z.int().nonnegative(),
    taskId: z.string().optional(),
    priceMicros: z.number().optional().describe('List price of one submit, in micro-dollars.'),
    atStakeMicros: z.number().optional().describe('What earlier submits of this job may have cost.'),
    costMicros: z.number().optional(),
    reserved: Reservation.optional(),
    video: StoredVideo.optional(),
    videoCount: z.number().optional().describe('How many videos were stored, when there is more than one.'),
    failure: Failure.optional(),
    webhook: WebhookView.optional(),
    timeline: z.array(TimelineEntry).optional(),
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof JobView>;

export const jobView = (
  { state, request }: Job,
  timeline?: readonly JobEvent[],
  waiting?: WaitingView,
): JobView => ({
  jobId: state.jobId,
  status: state.status,
  waiting,
  run: state.run,
  owner: state.owner,
  provider: state.provider,
  model: state.model,
  movedFrom: state.movedFrom,
  parameters: request.parameters,
  scene: sceneOf(request),
  batch: state.batch,
  startFrame: request.startFrame,
  lastFrame: request.lastFrame,
  referenceFrames: request.referenceFrames,
  priority: request.priority,
  metadata: request.metadata,
  createdAt: state.createdAt,
  updatedAt: state.updatedAt,
  submittedAt: state.submittedAt,
  finishedAt: state.finishedAt,
  overdue: state.overdue,
  attention: state.attention,
  advice: adviceOn(state),
  cancelRequest: state.cancelRequest,
  attempt: state.attempt,
  taskId: state.task?.id,
  priceMicros: state.priceMicros,
  atStakeMicros: state.atStakeMicros,
  costMicros: state.costMicros,
  reserved: state.reserved,
  video: state.video,
  videoCount: state.videoCount,
  failure: state.failure,
  webhook: request.webhookUrl === undefined ? undefined : { host: hostOfWebhook(request.webhookUrl) },
  timeline: timeline?.map(({ eventId, type, sequence, status, at, actor, action }) => ({
    eventId,
    type,
    sequence,
    status,
    at,
    actor,
    action,
  })),
});
