import type { Job } from './job.ts';
import type { JobEvent } from './job-events.ts';
import { sceneOf } from './scenes.ts';
import type { WaitingView } from './waiting.ts';

/** A job as its owner sees it. No address that opens anything, nothing of ours that could change tomorrow. */
export const jobView = (
  { state, request }: Job,
  timeline?: readonly JobEvent[],
  waiting?: WaitingView,
): Record<string, unknown> => ({
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
  startFrame: request.startFrame,
  lastFrame: request.lastFrame,
  referenceFrames: request.referenceFrames,
  metadata: request.metadata,
  createdAt: state.createdAt,
  updatedAt: state.updatedAt,
  submittedAt: state.submittedAt,
  finishedAt: state.finishedAt,
  overdue: state.overdue,
  attention: state.attention,
  cancelRequest: state.cancelRequest,
  attempt: state.attempt,
  taskId: state.task?.id,
  priceMicros: state.priceMicros,
  atStakeMicros: state.atStakeMicros,
  costMicros: state.costMicros,
  reserved: state.reserved,
  video: state.video,
  failure: state.failure,
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
