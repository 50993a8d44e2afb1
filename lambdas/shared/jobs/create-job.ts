import { priceAt } from '../../../core/billing/pricing.ts';
import type { Job, JobChange, JobRequest } from '../../../core/jobs/job.ts';
import { type AcceptedJob, acceptJob } from '../../../core/jobs/transitions.ts';
import { requestHash } from '../../../core/kernel/ids.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import type { RawParameters } from '../../../core/request/parameters.ts';
import { checkParameters } from '../../../core/request/validate-parameters.ts';
import { webhookProblem } from '../../../core/webhooks/settings.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { settings } from '../platform/settings.ts';
import { findMedia } from '../storage/media-resolver.ts';
import { createJob } from '../table/job-store.ts';
import { loadJob } from '../table/load-job.ts';
import type { Write } from '../table/write.ts';

// What a drop and an API call have in common on their way to a job.

export interface Asked {
  readonly jobId: string;
  readonly owner: string;
  /** A start frame that is there: what was dropped. */
  readonly startFrame?: ObjectLocation;
  /** A start frame by its name: an object of ours, an upload, or an address. */
  readonly frame?: string | undefined;
  readonly given: RawParameters;
  readonly metadata: Readonly<Record<string, string>>;
  /** Tells a replay from another request; of the request itself where left out. */
  readonly hash?: string;
}

/** What to make, or what is wrong with what was asked. */
export const requestOf = async (order: Asked): Promise<JobRequest> => {
  const { jobId, owner, startFrame, frame, given, metadata, hash } = order;
  const hasStartFrame = startFrame !== undefined || frame !== undefined;
  const checked = checkParameters(given, settings(), { hasStartFrame });
  const found =
    'parameters' in checked
      ? await findMedia({ ...checked.media, frame }, { owner, jobId, provider: checked.parameters.provider })
      : { media: {}, problems: checked.problems };
  const webhook = webhookProblem(given.webhookUrl, settings().webhooks);
  const problems = [...found.problems, ...(webhook ? [webhook] : [])];
  const asked = {
    ...(startFrame ? { startFrame } : {}),
    metadata: { ...metadata },
    ...(problems.length > 0 ? { problems } : {}),
    ...('parameters' in checked ? { parameters: checked.parameters } : {}),
    ...('priority' in checked ? { priority: checked.priority } : {}),
    ...found.media,
    ...(given.webhookUrl === undefined || webhook ? {} : { webhookUrl: given.webhookUrl }),
  };
  return { ...asked, requestHash: hash ?? requestHash(asked) };
};

type NewJob = Pick<AcceptedJob, 'jobId' | 'owner' | 'actor' | 'source' | 'batch' | 'outputKey'>;

/** A job as it begins, with the price of what was asked. */
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

/** Writes the record of a new job, or finds the one that is there already. Whoever called starts it. */
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
