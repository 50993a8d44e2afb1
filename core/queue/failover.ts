import { priceAt } from '../billing/pricing.ts';
import { change, DUE_AFTER_SECONDS, NOT_ADMITTED } from '../jobs/change.ts';
import type { Job, JobChange, JobRequest, JobState } from '../jobs/job.ts';
import type { ProviderError, ProviderErrorName } from '../kernel/errors.ts';
import { plusSeconds } from '../kernel/time.ts';
import { type JobParameters, sameVideo } from '../request/parameters.ts';
import { checkForModel } from '../request/validate-parameters.ts';
import type { FailoverSettings } from './settings.ts';

/** Another provider and model for a job, and what the job costs there. */
export interface Alternative {
  readonly provider: string;
  readonly model: string;
  readonly priceMicros: number | undefined;
}

/** Why a provider does not take a job. `CircuitOpen`: it refused other submits, so this one was not sent. */
export interface Refusal {
  readonly name: ProviderErrorName | 'CircuitOpen';
  readonly charged: ProviderError['charged'];
}

/** Reasons that lie with the provider, not with the request: another provider may take the job. */
const REASONS: readonly Refusal['name'][] = [
  'CircuitOpen',
  'ModelRetired',
  'ProviderUnreachable',
  'ProviderUnavailable',
  'ProviderUnauthorized',
  'ProviderKeyMissing',
  'ProviderBalanceTooLow',
  'ProviderQuotaExhausted',
];

/**
 * Where a job may move that its provider does not take, in the order of the stage's list. A job moves only if it certainly was
 * not submitted, only to a model that makes the very same video, and never back to where it was since a person last restarted it.
 */
export const alternativesFor = (
  { state, request }: Job,
  refusal: Refusal,
  settings: FailoverSettings,
): readonly Alternative[] => {
  const { failover } = settings;
  const { parameters } = request;
  const mayMove = state.task === undefined && state.cancelRequest === undefined && isPortable(request);
  if (!failover || !parameters || !mayMove || !isReason(refusal)) return [];
  const { redrivenAt = state.createdAt, movedFrom = [] } = state;
  const tried = [state, ...movedFrom.filter(({ at }) => at >= redrivenAt)];
  return (
    failover.alternatives
      // A problem of a provider concerns all of its models.
      .filter(({ provider }) => provider !== state.provider || refusal.name === 'ModelRetired')
      .filter(({ provider, model }) => !tried.some((one) => one.provider === provider && one.model === model))
      .filter(({ provider, model }) => makesTheSame({ ...parameters, provider, model }, request, settings))
      .map(({ provider, model }) => ({
        provider,
        model,
        priceMicros: priceAt(settings, { provider, model }, parameters),
      }))
      .filter((alternative) => isAffordable(state, alternative.priceMicros, failover.allowDearer))
  );
};

const isReason = ({ name, charged }: Refusal): boolean => charged === 'no' && REASONS.includes(name);

/** Another provider may not be able to open an address, or a video that its provider keeps. */
const isPortable = ({ video }: JobRequest): boolean => video === undefined || 'bucket' in video;

/** Whether the alternative takes every parameter unchanged, and the same scene. */
const makesTheSame = (
  parameters: JobParameters,
  request: JobRequest,
  settings: FailoverSettings,
): boolean => {
  const from = settings.providers[request.parameters?.provider ?? '']?.dialect;
  const to = settings.providers[parameters.provider]?.dialect;
  // Parameters that only one gateway knows mean nothing in another dialect.
  if (parameters.extra && from !== to) return false;
  const checked = checkForModel(parameters, settings, request);
  return 'parameters' in checked && sameVideo(checked.parameters, parameters);
};

/** A price that nobody lists can be any. A reservation of the budget is for one price and never grows. */
const isAffordable = (state: JobState, price: number | undefined, allowDearer: boolean): boolean => {
  const most = state.reserved?.micros || state.priceMicros;
  const isCheap = price !== undefined && most !== undefined && price <= most;
  return isCheap || (allowDearer && !state.reserved?.micros);
};

/** Moves the job to another provider, at the price there. */
export const moveTo = (
  state: JobState,
  { provider, model, priceMicros: price }: Alternative,
  why: string,
  now: string,
): JobChange => {
  const { reserved, movedFrom = [] } = state;
  const from = { provider: state.provider ?? '', model: state.model ?? '', why, at: now };
  return change(
    state,
    now,
    {
      // Its slot and its queue key belong to the provider that it leaves.
      ...NOT_ADMITTED,
      status: 'accepted',
      dueAt: plusSeconds(now, DUE_AFTER_SECONDS),
      provider,
      model,
      priceMicros: price,
      movedFrom: [...movedFrom, from],
      reserved:
        reserved && reserved.micros > 0 && price !== undefined ? { ...reserved, micros: price } : reserved,
    },
    'Video Job Moved',
  );
};

/** Moves a queued job: it waits in the other provider's queue, at this queue key. */
export const moveQueuedJob = (
  state: JobState,
  to: Alternative,
  queueKey: string,
  why: string,
  now: string,
): JobChange => {
  const moved = moveTo(state, to, why, now);
  return { ...moved, state: { ...moved.state, status: 'queued', queueKey } };
};
