import { priceAt } from '../../../core/billing/pricing.ts';
import type { Job, JobChange, JobRequest } from '../../../core/jobs/job.ts';
import { type AcceptedJob, acceptJob } from '../../../core/jobs/transitions.ts';
import { requestHash } from '../../../core/kernel/ids.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import type { RequestedParameters } from '../../../core/request/requested-parameters.ts';
import { checkParameters } from '../../../core/request/validate-parameters.ts';
import { webhookProblem } from '../../../core/webhooks/settings.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { settings } from '../platform/settings.ts';
import { findMedia } from '../storage/media-resolver.ts';
import { createJob } from '../table/job-store.ts';
import { loadJob } from '../table/load-job.ts';
import type { Write } from '../table/write.ts';

// The way from a received request to a job: the same for a drop, an API call and a row of a batch.

/** A job request as it came through a door, typed. */
export interface ReceivedRequest {
  readonly jobId: string;
  readonly owner: string;
  /** The dropped object. A request by API names its start frame in `requested.frame`. */
  readonly startFrame?: ObjectLocation;
  readonly requested: RequestedParameters;
  readonly metadata: Readonly<Record<string, string>>;
  /** Tells a replay from another request; computed from the checked request where left out. */
  readonly hash?: string;
}

/** The video to make, or what is wrong with the request (`problems`). Reads, and writes nothing. */
export const requestOf = async (received: ReceivedRequest): Promise<JobRequest> => {
  const { jobId, owner, startFrame, requested, metadata, hash } = received;
  const { frame, webhookUrl } = requested;
  const hasStartFrame = startFrame !== undefined || frame !== undefined;
  const checked = checkParameters(requested, settings(), { hasStartFrame });
  const found =
    'parameters' in checked
      ? await findMedia({ ...checked.media, frame }, { owner, jobId, provider: checked.parameters.provider })
      : { media: {}, problems: checked.problems };
  const webhook = webhookProblem(webhookUrl, settings().webhooks);
  const problems = [...found.problems, ...(webhook ? [webhook] : [])];
  const request = {
    ...(startFrame ? { startFrame } : {}),
    metadata: { ...metadata },
    ...(problems.length > 0 ? { problems } : {}),
    ...('parameters' in checked ? { parameters: checked.parameters } : {}),
    ...('priority' in checked ? { priority: checked.priority } : {}),
    ...found.media,
    ...(webhookUrl === undefined || webhook ? {} : { webhookUrl }),
  };
  return { ...request, requestHash: hash ?? requestHash(request) };
};

type NewJob = Pick<AcceptedJob, 'jobId' | 'owner' | 'actor' | 'source' | 'batch' | 'outputKey'>;

/** A new job, with the price of the requested video. */
export const newJob = (job: NewJob, { parameters }: JobRequest): JobChange => {
  const price = parameters && priceAt(settings(), parameters, parameters);
  return acceptJob(
    {
      ...job,
      ...(parameters ? { provider: parameters.provider, model: parameters.model } : {}),
      ...(price === undefined ? {} : { priceMicros: price }),
    },
    now(),
  );
};

/** Writes the record of a new job, or finds the existing one. The caller starts it. */
export const recordJob = async (
  job: NewJob,
  request: JobRequest,
  together: readonly Write[] = [],
): Promise<{ job: Job; isNew: boolean }> => {
  const change = newJob(job, request);
  const isNew = await createJob(change, request, together);
  const recorded = isNew ? { state: change.state, request } : await loadJob(job.jobId);
  logger.info(isNew ? 'job accepted' : 'job known already', {
    jobId: job.jobId,
    status: recorded.state.status,
  });
  return { job: recorded, isNew };
};
