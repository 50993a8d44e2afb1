import { priceAt } from '../billing/pricing.ts';
import type { Job, JobChange, JobRequest, JobState } from '../jobs/job.ts';
import { change, DUE_AFTER_SECONDS, NOT_ADMITTED } from '../jobs/transitions.ts';
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

/** Why a job cannot be ordered where it is. `CircuitOpen`: other orders were refused, so this one was not even sent. */
export interface Refusal {
  readonly name: ProviderErrorName | 'CircuitOpen';
  readonly charged: ProviderError['charged'];
}

/** What says something of the provider, not of the request: another may take it. */
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
 * Where a job may go that its provider does not take, best first, by the stage's list. Only what for certain is not ordered
 * moves, only to a model that makes the very same video, and to none where it was before (since a person started it again).
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
      // What is wrong with a provider is wrong with all of its models.
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

/** An address that was given, or a video that stands at the provider, may open nowhere else. */
const isPortable = ({ video }: JobRequest): boolean => video === undefined || 'bucket' in video;

/** Whether the alternative takes every parameter as it stands, of the same scene. */
const makesTheSame = (
  parameters: JobParameters,
  request: JobRequest,
  settings: FailoverSettings,
): boolean => {
  const from = settings.providers[request.parameters?.provider ?? '']?.dialect;
  const to = settings.providers[parameters.provider]?.dialect;
  // What only the one gateway knows says nothing to a gateway that speaks otherwise.
  if (parameters.extra && from !== to) return false;
  const checked = checkForModel(parameters, settings, request);
  return 'parameters' in checked && sameVideo(checked.parameters, parameters);
};

/** A price that nobody lists may be any. What was reserved was reserved for one price, and is never made more. */
const isAffordable = (state: JobState, price: number | undefined, allowDearer: boolean): boolean => {
  const most = state.reserved?.micros || state.priceMicros;
  const isCheap = price !== undefined && most !== undefined && price <= most;
  return isCheap || (allowDearer && !state.reserved?.micros);
};

/** The job is another provider's from here on, and costs what it costs there. */
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
      // Its slot and its place are those of the provider that it leaves.
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

/** The same for a job that stands in the queue: it waits on, at this place of the other provider's. */
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
