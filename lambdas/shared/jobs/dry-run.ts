import type { DryRun, PredictedFailure } from '../../../core/api/dry-run.ts';
import { dayOf, limitOf, OwnerLimits, previewBudget } from '../../../core/billing/budget.ts';
import type { JobRequest, JobState } from '../../../core/jobs/job.ts';
import { sceneOf } from '../../../core/providers/scenes.ts';
import { isLimited } from '../../../core/queue/admission.ts';
import { type WaitingView, waitingOf } from '../../../core/queue/wait-reason.ts';
import { now } from '../platform/clock.ts';
import { providerSettings, settings } from '../platform/settings.ts';
import { loadItem } from '../table/dynamodb.ts';
import { budgetKey, limitsKey } from '../table/keys.ts';
import { loadProviderState } from '../table/provider-state.ts';
import { backlogOf } from '../table/queue-store.ts';
import type { IdentifiedRequest } from './accept-request.ts';
import { newJob } from './create-job.ts';

/** What would become of a job request that has passed its checks. Reads, and writes nothing. */
export const dryRunJob = async (
  { jobId, owner }: IdentifiedRequest,
  request: JobRequest,
): Promise<DryRun> => {
  const { parameters } = request;
  if (!parameters) throw new Error('The job request has problems: there is nothing to predict.');
  const { state } = newJob({ jobId, owner, actor: owner, outputKey: '' }, request);
  const [budget, waiting] = await Promise.all([budgetOf(state, parameters.videoCount), reasonToWait(state)]);
  return {
    dryRun: true,
    scene: sceneOf(request),
    parameters,
    ...(state.priceMicros === undefined ? {} : { priceMicros: state.priceMicros }),
    problems: budget?.failure ? [shown(budget.failure)] : [],
    ...(waiting ? { waiting } : {}),
    ...(budget ? { budget: budget.view } : {}),
    notes: [
      ...(sceneOf(request) === 'text-to-video'
        ? []
        : [
            'A dry run checks only that uploads and S3 objects exist. Pictures and videos are fetched and inspected when the job is prepared.',
          ]),
      ...(waiting?.reason === 'CIRCUIT_OPEN' && settings().failover
        ? ['The stage may submit it to another provider instead.']
        : []),
    ],
  };
};

const shown = ({ code, message, advice }: PredictedFailure): PredictedFailure => ({ code, message, advice });

const budgetOf = async (state: JobState, videoCount: number | undefined) => {
  const { budgets } = settings();
  if (!budgets) return undefined;
  const { owner } = state;
  const today = now();
  const [limits, spent] = await Promise.all([
    loadItem(limitsKey(owner)),
    loadItem(budgetKey(owner, dayOf(today))),
  ]);
  const limitMicros = limitOf(owner, budgets, limits && OwnerLimits.parse(limits));
  if (limitMicros === undefined) return undefined;
  const committedMicros = Number(spent?.committedMicros ?? 0);
  return previewBudget(state, { limitMicros, committedMicros, budgets, videoCount, now: today });
};

/** Why the job would have to wait, if it were accepted now. */
const reasonToWait = async (state: JobState): Promise<WaitingView | undefined> => {
  const { provider = '' } = state;
  const limits = providerSettings(provider);
  const [providerState, backlog] = await Promise.all([
    loadProviderState(provider),
    isLimited(limits) ? backlogOf(provider) : { inFlight: 0, waiting: 0 },
  ]);
  const waiting = waitingOf({ ...state, status: 'queued' }, providerState, now());
  const isFull = limits.maxInFlight !== undefined && backlog.inFlight >= limits.maxInFlight;
  return waiting?.reason === 'IN_QUEUE' && !isFull && backlog.waiting === 0 ? undefined : waiting;
};
