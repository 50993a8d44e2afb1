import * as z from 'zod';
import { DetailType, EVENT_SCHEMA_VERSION, JobAction, JobStatus } from '../kernel/contract.ts';
import type { JobChange, JobRequest, JobState } from './job.ts';

/**
 * One entry of a job's timeline, which is also the detail of its event on the bus. Consumers may see it twice, late and out
 * of order: compare `eventId` and `sequence`. Holds no secret and no address that grants access.
 */
export const JobEvent = z.looseObject({
  schemaVersion: z.literal(EVENT_SCHEMA_VERSION),
  eventId: z.string(),
  type: DetailType,
  sequence: z.int().positive(),
  jobId: z.string(),
  run: z.int().positive(),
  owner: z.string(),
  status: JobStatus,
  actor: z.string(),
  at: z.string(),
  metadata: z.record(z.string(), z.string()),
  action: JobAction.exactOptional(),
  /** The job request names a webhook of its own, so the publisher has to load it. */
  webhook: z.literal(true).exactOptional(),
});
export type JobEvent = z.infer<typeof JobEvent>;

export const jobEvent = (
  type: DetailType,
  state: JobState,
  request: JobRequest,
  action?: JobChange['action'],
): JobEvent => ({
  schemaVersion: EVENT_SCHEMA_VERSION,
  eventId: `${state.jobId}:${state.sequence}`,
  type,
  sequence: state.sequence,
  jobId: state.jobId,
  run: state.run,
  owner: state.owner,
  status: state.status,
  actor: state.actor,
  at: state.updatedAt,
  metadata: request.metadata,
  ...(request.webhookUrl === undefined ? {} : { webhook: true }),
  ...present({
    action,
    cancelRequest: state.cancelRequest,
    atStakeMicros: state.atStakeMicros,
    source: state.source,
    batch: state.batch,
    provider: state.provider,
    model: state.model,
    movedFrom: state.movedFrom,
    taskId: state.task?.id,
    priceMicros: state.priceMicros,
    overdue: state.overdue,
    attention: state.attention,
    failure: state.failure,
    ...(type === 'Video Job Succeeded' ? succeededDetail(state) : {}),
  }),
});

const succeededDetail = ({
  video,
  videoCount,
  costMicros,
  outputKey,
}: JobState): Record<string, unknown> => ({
  bucket: video?.bucket,
  key: video?.key ?? outputKey,
  versionId: video?.versionId,
  bytes: video?.bytes,
  sha256: video?.sha256,
  durationSeconds: video?.durationSeconds,
  width: video?.width,
  height: video?.height,
  videoCount,
  costMicros,
});

const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
